import { type Outcome, retry, type SourceRecord } from '@spillway/message'
import type { Deadlines } from './deadline.ts'
import { isPending } from './decode.ts'
import { queueLanes } from './lanes.ts'
import type { OutageDetector } from './outage.ts'
import { deadlineError } from './settled-result.ts'

/** What {@link runWorkers} needs. */
export interface WorkersOptions {
  readonly records: readonly SourceRecord[]
  /** The positions of the records to handle, in order. */
  readonly positions: readonly number[]
  readonly concurrency: number
  readonly detector: OutageDetector
  readonly deadlines: Pick<Deadlines, 'writing' | 'answering'>
  /** Settles a record that must not be begun; `false` for one that may. */
  skip(position: number): boolean
  /** Handles a record. Never rejects. */
  handle(position: number): Outcome | Promise<Outcome>
  /** Settles a record that was handled. Gives whether its lane may go on. */
  settle(position: number, outcome: Outcome): boolean | Promise<boolean>
}

/** Handles records one after the other. */
interface Worker {
  /** The record whose outcome it waits for. */
  handling: number | undefined
  /** The record was settled without its outcome, because the time was over. */
  isAbandoned: boolean
}

/**
 * Handles records, at most `concurrency` at once and those of a lane in order. It begins no record during an outage, nor
 * after the time for writing, and waits for outcomes until the time for answers is over.
 */
export async function runWorkers(options: WorkersOptions): Promise<void> {
  const { records, positions, concurrency, detector, deadlines, skip, handle, settle } = options
  const lanes = queueLanes(records, positions)
  const most = Math.min(concurrency, positions.length)
  const crew = createCrew(deadlines, settle)
  let working = 0
  /** Whether all workers are to run as soon as there is no outage. */
  let areMissing = true

  async function work(worker: Worker): Promise<void> {
    working += 1
    let position = lanes.next(undefined)
    while (position !== undefined && detector.outage() === undefined && !deadlines.writing.expired) {
      let goesOn = true
      if (!skip(position)) {
        worker.handling = position
        const handling = handle(position)
        const outcome = isPending(handling) ? await handling : handling
        if (worker.isAbandoned) return
        worker.handling = undefined
        const settling = settle(position, outcome)
        goesOn = typeof settling === 'boolean' ? settling : await settling
        if (detector.isQuiet()) startAll()
      }
      position = lanes.next(goesOn ? position : undefined)
    }
    // Another worker may still find that the outage is over.
    areMissing ||= detector.outage() !== undefined
    working -= 1
  }

  function startAll(): void {
    if (!areMissing) return
    areMissing = false
    // Counted before the loop: a worker without a record ends at once.
    for (let free = most - working; free > 0; free--) crew.start(work)
  }

  if (detector.isProbing()) crew.start(work)
  else startAll()
  await crew.ended()
}

/**
 * The workers of a pass. When the time for answers is over, they are abandoned: their records are settled as late. One
 * race for all of them, because a race for each record takes longer than the rest of its way.
 */
function createCrew({ answering }: WorkersOptions['deadlines'], settle: WorkersOptions['settle']) {
  const workers: { readonly worker: Worker; readonly ended: Promise<void> }[] = []
  const over = Promise.withResolvers<void>()

  function abandon(): void {
    for (const { worker } of workers) {
      if (worker.handling === undefined) continue
      worker.isAbandoned = true
      // Never parked, so there is nothing to wait for.
      void settle(worker.handling, retry({ cause: deadlineError() }))
    }
    over.resolve()
  }
  // In a microtask, so that outcomes that are already there count.
  const cancel = answering.onPass(() => queueMicrotask(abandon))

  return {
    start(work: (worker: Worker) => Promise<void>): void {
      const worker: Worker = { handling: undefined, isAbandoned: false }
      workers.push({ worker, ended: work(worker) })
    },
    async ended(): Promise<void> {
      for (const { worker, ended } of workers) {
        await Promise.race([ended, over.promise])
        // A worker that parks a record is waited for: parking has a time of its own.
        if (!worker.isAbandoned) await ended
      }
      cancel()
    },
  }
}
