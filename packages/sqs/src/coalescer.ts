import type { SendResult, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import {
  createDeadline,
  guardMs,
  noTimeLeft,
  notConfirmed,
  type PackWatcher,
  type Semaphore,
  toRejection,
  workingTime,
} from '@spillway/transport'
import { createClosedGroups } from './closed-groups.ts'
import { groupOf } from './group.ts'
import type { PackedMessage } from './pack.ts'
import { createPackQueue } from './pack-queue.ts'

/** What a coalescer needs of its target. */
export interface CoalescerContext {
  /** The most milliseconds that a message waits for others. */
  readonly maxWait: number
  readonly clock: Clock
  readonly fifo: boolean
  /** Limits how many packs are in flight at once. Packs that wait for it fill up. */
  readonly semaphore: Semaphore
  /** Sends one pack. */
  readonly send: (
    messages: readonly PackedMessage[],
    limit: TimeLimit,
    watcher: PackWatcher,
  ) => Promise<readonly SendResult[]>
}

/** Sends the messages of concurrent calls together. */
export interface Coalescer {
  /** Sends messages together with those of other calls. Resolves to the results by their index, within the time of the call. */
  send(messages: readonly PackedMessage[], limit: TimeLimit): Promise<ReadonlyMap<number, SendResult>>
  /**
   * Waits, within the limit, until no message of the same groups is in flight whose call has given up: later messages must
   * not overtake it. Returns at once on a standard queue.
   */
  settled(messages: readonly PackedMessage[], limit: TimeLimit): Promise<void>
}

/** A message whose call waits for its result. */
interface Entry {
  readonly packed: PackedMessage
  readonly limit: TimeLimit
  readonly settled: Promise<void>
  /** The request with the message. */
  flight: Promise<void> | undefined
  result: SendResult | undefined
  /** Sets the result. Only the first call counts. */
  settle(result: SendResult): void
}

/**
 * Creates the coalescer of a target, in environments that serve several requests at once.
 *
 * A message waits for others for at most `maxWait`, and not at all when the pack is full. Then the pack waits for the
 * semaphore, and messages that come in the meantime join it. A call gets its results when its own messages are settled, or
 * when its time is over; other messages of the pack are not affected.
 */
export function createCoalescer(context: CoalescerContext): Coalescer {
  const { maxWait, clock, fifo, semaphore } = context
  // Each pack runs once. It finds nothing to send if its messages joined an earlier pack.
  const queue = createPackQueue<Entry>({ maxWait, clock, onPack: () => void semaphore.run(sendNext) })
  const closed = createClosedGroups()

  async function sendNext(): Promise<void> {
    const pack = queue.take()
    if (pack.length === 0) return
    const flight = dispatch(pack, context.send)
    for (const entry of pack) entry.flight = flight
    await flight
  }

  /** Settles the messages of a call whose time is over. They may be in flight. */
  function giveUp(entries: readonly Entry[]): void {
    for (const entry of entries.filter(isWanted)) {
      const { packed, flight, settle } = entry
      settle(flight === undefined ? noTimeLeft : gaveUp)
      queue.remove(entry)
      if (fifo && flight !== undefined) closed.close(groupOf(packed), flight)
    }
  }

  const settled: Coalescer['settled'] = (messages, limit) => closed.untilOpen(messages.map(groupOf), limit)

  return {
    settled,
    async send(messages, limit) {
      await settled(messages, limit)
      if (workingTime(limit) === 0) return new Map(messages.map(({ index }) => [index, noTimeLeft]))
      const entries = messages.map((packed) => createEntry(packed, limit))
      for (const entry of entries) queue.add(entry)
      const deadline = createDeadline(limit, { reserve: guardMs })
      deadline.onPass(() => giveUp(entries))
      // No time is left to wait for others.
      if (workingTime(limit) <= maxWait) queue.flush()
      await Promise.all(entries.map((entry) => entry.settled))
      deadline.end()
      return new Map(entries.map(({ packed, result = noResult }) => [packed.index, result]))
    },
  }
}

function createEntry(packed: PackedMessage, limit: TimeLimit): Entry {
  const { promise, resolve } = Promise.withResolvers<void>()
  const entry: Entry = {
    packed,
    limit,
    settled: promise,
    flight: undefined,
    result: undefined,
    settle(result) {
      entry.result ??= result
      resolve()
    },
  }
  return entry
}

/** Sends a pack and settles its messages. Never rejects. */
async function dispatch(pack: readonly Entry[], send: CoalescerContext['send']): Promise<void> {
  let results: readonly SendResult[] = []
  try {
    results = await send(
      pack.map(({ packed }) => packed),
      limitOf(pack),
      {
        settle: (position, result) => pack[position]?.settle(result),
        isWanted: (position) => pack[position]?.result === undefined,
      },
    )
  } catch (thrown) {
    results = pack.map(() => toRejection(thrown))
  }
  for (const [position, entry] of pack.entries()) entry.settle(results[position] ?? noResult)
}

const gaveUp = notConfirmed('the time of its call was over')

const noResult = notConfirmed('there was no result for it')

function isWanted({ result }: Entry): boolean {
  return result === undefined
}

/** The limit of a pack: the longest remaining time of the calls that still wait. */
function limitOf(pack: readonly Entry[]): TimeLimit {
  // Without the signals of the calls: a call that aborts must not affect the others. Its messages end with the request.
  return createDeadline({
    remainingTime: () => Math.max(0, ...pack.filter(isWanted).map(({ limit }) => limit.remainingTime())),
  })
}
