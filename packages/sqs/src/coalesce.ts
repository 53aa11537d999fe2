import type { SendResult, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { groupOf } from './group.ts'
import { hasRoom, maxEntries, type PackedMessage } from './pack.ts'
import { notConfirmed, outOfTime, toRejection } from './rejection.ts'
import type { PackWatcher } from './send-pack.ts'
import { guardMs, workingTime } from './time.ts'

/** What a coalescer needs. */
export interface CoalescerContext {
  /** Milliseconds that a message waits for company. */
  readonly maxWait: number
  readonly clock: Clock
  readonly fifo: boolean
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
 * A message waits at most `maxWait`; a full pack goes at once. A call is answered as soon as its own messages are
 * settled, and when its own time ends: the others of the pack go on.
 */
export function createCoalescer({ maxWait, clock, fifo, send: sendPack }: CoalescerContext): Coalescer {
  let open: Entry[] = []
  let bytes = 0
  let waiting = new AbortController()
  /** Groups of which a message is under way that nobody waits for any more. */
  const closed = new Map<string, Promise<void>>()

  function add(entry: Entry): void {
    if (!hasRoom(open.length, bytes, entry.packed)) flush()
    open.push(entry)
    bytes += entry.packed.bytes
    if (open.length === maxEntries) flush()
    else if (open.length === 1) void flushLater()
  }

  async function flushLater(): Promise<void> {
    waiting = new AbortController()
    const { signal } = waiting
    await clock.sleep(maxWait, signal)
    if (!signal.aborted) flush()
  }

  function flush(): void {
    waiting.abort()
    const pack = open.filter(isWanted)
    open = []
    bytes = 0
    if (pack.length === 0) return
    const flight = dispatch(pack)
    for (const entry of pack) entry.flight = flight
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
    for (const { packed, flight, settle } of entries.filter(isWanted)) {
      settle(gaveUp)
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
    const end = atEnd(limit)
    await Promise.race([Promise.all(before), end.reached])
    end.stop()
  }

  async function send(messages: readonly PackedMessage[], limit: TimeLimit) {
    const results = new Map<number, SendResult>()
    await settled(messages, limit)
    if (workingTime(limit) === 0) return new Map(messages.map(({ index }) => [index, outOfTime]))
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
    const end = atEnd(limit)
    void end.reached.then(() => giveUp(entries))
    for (const entry of entries) add(entry)
    // There is no time to wait for company.
    if (workingTime(limit) <= maxWait) flush()
    await Promise.all(all)
    end.stop()
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
  return {
    // A call that aborts must not cost the others: what nobody waits for ends with its own time-out.
    signal: new AbortController().signal,
    remainingTime: () => Math.max(0, ...pack.filter(isWanted).map(({ limit }) => limit.remainingTime())),
  }
}

/** The longest that a timer of Node runs. Milliseconds. */
const longestTimer = 2 ** 31 - 1

/** When a call has to be answered. Stop it, or its timer keeps running. */
function atEnd(limit: TimeLimit): { readonly reached: Promise<void>; stop(): void } {
  let stop = () => {}
  const reached = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, Math.min(longestTimer, Math.max(0, limit.remainingTime() - guardMs)))
    const onAbort = () => resolve()
    limit.signal.addEventListener('abort', onAbort, { once: true })
    if (limit.signal.aborted) resolve()
    stop = () => {
      clearTimeout(timer)
      limit.signal.removeEventListener('abort', onAbort)
    }
  })
  return { reached, stop }
}
