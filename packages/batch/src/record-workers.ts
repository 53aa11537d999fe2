import type { SourceRecord } from '@spillway/message'
import type { Deadline } from '@spillway/transport'
import { queueLanes } from './lanes.ts'
import type { OutageDetector } from './outage.ts'

/** What {@link runWorkers} needs. */
export interface WorkersOptions {
  readonly records: readonly SourceRecord[]
  /** The positions of the records to handle, in order. */
  readonly positions: readonly number[]
  readonly concurrency: number
  readonly detector: OutageDetector
  readonly writing: Deadline
  /** Settles a record that must not be begun; `false` for one that may. */
  skip(position: number): boolean
  /** Handles a record and settles it. Resolves to whether its lane may go on. */
  handle(position: number): Promise<boolean>
}

/**
 * Handles records, at most `concurrency` at once and those of a lane in order. It begins no record during an outage, nor
 * after the time for writing.
 */
export async function runWorkers(options: WorkersOptions): Promise<void> {
  const { records, positions, concurrency, detector, writing, skip, handle } = options
  const lanes = queueLanes(records, positions)
  const most = Math.min(concurrency, positions.length)
  const workers: Promise<void>[] = []
  let working = 0
  /** Whether all workers are to run as soon as there is no outage. */
  let areMissing = true

  async function work(): Promise<void> {
    working += 1
    let position = lanes.next(undefined)
    while (position !== undefined && detector.outage() === undefined && !writing.expired) {
      let goesOn = true
      if (!skip(position)) {
        goesOn = await handle(position)
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
    for (let free = most - working; free > 0; free--) workers.push(work())
  }

  if (detector.isProbing()) workers.push(work())
  else startAll()
  for (const worker of workers) await worker
}
