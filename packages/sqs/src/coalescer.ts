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
import { groupOf } from './group.ts'
import { hasRoom, maxEntries, type PackedMessage } from './pack.ts'

/** What a coalescer needs. */
export interface CoalescerContext {
  /** Milliseconds that a message waits for company. */
  readonly maxWait: number
  readonly clock: Clock
  readonly fifo: boolean
  /** Limits how many packs are in flight at once. Packs that wait for a place fill up. */
  readonly semaphore: Semaphore
  /** Sends one pack. */
  readonly send: (
    messages: readonly PackedMessage[],
    limit: TimeLimit,
    watcher: PackWatcher,
  ) => Promise<readonly SendResult[]>
}

/** Gathers the messages of calls that run at the same time. */
export interface Coalescer {
  /** Sends messages together with those of other calls. Answers by their index, in the call's own time. */
  send(messages: readonly PackedMessage[], limit: TimeLimit): Promise<ReadonlyMap<number, SendResult>>
  /**
   * Waits, within the limit, until no request is under way that holds a message of the same groups whose call had to
   * give up: what comes after it must not overtake it. Only on a FIFO queue; at once otherwise.
   */
  settled(messages: readonly PackedMessage[], limit: TimeLimit): Promise<void>
}

/** A message that somebody waits for. */
interface Entry {
  readonly packed: PackedMessage
  readonly limit: TimeLimit
  result: SendResult | undefined
  /** The request that it is part of. */
  flight: Promise<void> | undefined
  /** Gives the result to the call. The first counts. */
  settle(result: SendResult): void
}

/**
 * Makes a coalescer: one for each target, in environments that serve many requests at once.
 *
 * A message waits for company for at most `maxWait`, and a full pack for nothing; then it waits for a place of the
 * semaphore, and takes along what has come meanwhile. A call is answered as soon as its own messages are settled, and when its own
 * time ends: the others of the pack go on.
 */
export function createCoalescer(context: CoalescerContext): Coalescer {
  const { maxWait, clock, fifo, semaphore, send: sendPack } = context
  /** What is not under way yet, in the order in which it came. */
  const queue = new Set<Entry>()
  /** The pack that gathers now, at the end of the queue. */
  let count = 0
  let bytes = 0
  let gathering = new AbortController()
  /** Groups of which a message is under way that nobody waits for any more. */
  const closed = new Map<string, Promise<void>>()

  function add(entry: Entry): void {
    if (!hasRoom(count, bytes, entry.packed)) flush()
    queue.add(entry)
    count++
    bytes += entry.packed.bytes
    if (count === maxEntries) flush()
    else if (count === 1) void flushLater()
  }

  async function flushLater(): Promise<void> {
    gathering = new AbortController()
    const { signal } = gathering
    await clock.sleep(maxWait, signal)
    if (!signal.aborted) flush()
  }

  function flush(): void {
    gathering.abort()
    count = 0
    bytes = 0
    // Each pack that gathered takes one turn. Those that went with an earlier pack leave theirs empty.
    void semaphore.run(async () => {
      const pack = take()
      if (pack.length === 0) return
      const flight = dispatch(pack)
      for (const entry of pack) entry.flight = flight
      await flight
    })
  }

  /** The first of the queue that go into one request. */
  function take(): readonly Entry[] {
    const pack: Entry[] = []
    let packBytes = 0
    for (const entry of queue) {
      if (!hasRoom(pack.length, packBytes, entry.packed)) break
      pack.push(entry)
      packBytes += entry.packed.bytes
      queue.delete(entry)
    }
    return pack
  }

  async function dispatch(pack: readonly Entry[]): Promise<void> {
    let results: readonly SendResult[] = []
    try {
      results = await sendPack(
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
    for (const [position, entry] of pack.entries()) entry.settle(results[position] ?? unanswered)
  }

  /** Lets a call go while its messages may be under way. */
  function giveUp(entries: readonly Entry[]): void {
    for (const entry of entries.filter(isWanted)) {
      const { packed, flight, settle } = entry
      settle(flight === undefined ? noTimeLeft : gaveUp)
      queue.delete(entry)
      if (fifo && flight !== undefined) close(groupOf(packed), flight)
    }
  }

  function close(group: string, flight: Promise<void>): void {
    const until = Promise.all([flight, closed.get(group)]).then(() => {
      if (closed.get(group) === until) closed.delete(group)
    })
    closed.set(group, until)
  }

  async function settled(messages: readonly PackedMessage[], limit: TimeLimit): Promise<void> {
    const before = messages.flatMap((message) => closed.get(groupOf(message)) ?? [])
    if (before.length === 0) return
    await createDeadline(limit, { reserve: guardMs }).race(Promise.all(before))
  }

  async function send(messages: readonly PackedMessage[], limit: TimeLimit) {
    const results = new Map<number, SendResult>()
    await settled(messages, limit)
    if (workingTime(limit) === 0) return new Map(messages.map(({ index }) => [index, noTimeLeft]))
    const entries: Entry[] = []
    const all = messages.map(
      (packed) =>
        new Promise<void>((resolve) => {
          const settle = (result: SendResult) => {
            entry.result ??= result
            results.set(packed.index, entry.result)
            resolve()
          }
          const entry: Entry = { packed, limit, settle, result: undefined, flight: undefined }
          entries.push(entry)
        }),
    )
    for (const entry of entries) add(entry)
    const deadline = createDeadline(limit, { reserve: guardMs })
    deadline.onPass(() => giveUp(entries))
    // There is no time to wait for company.
    if (workingTime(limit) <= maxWait) flush()
    await Promise.all(all)
    deadline.end()
    return results
  }

  return { send, settled }
}

const gaveUp = notConfirmed('the time of its call was over')

const unanswered = notConfirmed('nothing was said of it')

function isWanted({ result }: Entry): boolean {
  return result === undefined
}

/** The time of a pack: that of the call that has most of it, among those that still wait. */
function limitOf(pack: readonly Entry[]): TimeLimit {
  // No signal of a call: one that aborts must not cost the others. What nobody waits for ends with its own time-out.
  return createDeadline({
    remainingTime: () => Math.max(0, ...pack.filter(isWanted).map(({ limit }) => limit.remainingTime())),
  })
}
