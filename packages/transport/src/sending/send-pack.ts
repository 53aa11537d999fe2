import type { SendResult, Telemetry, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { type Backoff, fullJitter, isThrottled } from '@spillway/message/internal'
import { earlySignal, within, workingTime } from '../time/deadline.ts'
import { noTimeLeft, notConfirmed, toRejection } from './rejection.ts'

/** The results of one request. */
export interface Sent {
  /** By the positions of the messages in the pack. */
  readonly results: ReadonlyMap<number, SendResult>
  readonly throttled: boolean
}

/** How a target sends its packs. */
export interface PackSender {
  /** The name of the target in metrics. */
  readonly target: string
  readonly maxAttempts: number
  /** Milliseconds after which a request is aborted and repeated. */
  readonly attemptMs: number
  readonly clock: Clock
  readonly random: () => number
  readonly telemetry: Telemetry
  /** Sends some messages of the pack in one request. Rejects with the error of the client. */
  request(part: Part, signal: AbortSignal): Promise<Sent>
  /** Whether one message may be the reason why a whole request failed. */
  isEntryFault(thrown: unknown): boolean
}

/** The positions in a pack of the messages of one request. */
export type Part = readonly number[]

/** Follows the messages of a pack one by one. */
export interface PackWatcher {
  /** Called as soon as the result of a message is final, while others of its pack may still be in flight. */
  settle(position: number, result: SendResult): void
  /** Whether a message is still waited for. Otherwise it is not sent again. */
  isWanted(position: number): boolean
}

const noWatcher: PackWatcher = { settle: () => undefined, isWanted: () => true }

const backoff: Backoff = { base: 50, cap: 1000 }

/** The back-off of throttled requests is longer. */
const throttledBackoff: Backoff = { base: 400, cap: 5000 }

/**
 * The least time for a request, in milliseconds. A timer may fire up to one early: without this, a request that is aborted
 * at the end of the time would be followed by another one that is aborted at once.
 */
const leastMs = 5

/** The most requests for a pack: some to find a faulty message, and some attempts. */
const maxRequests = 32

/**
 * Sends one pack, and retries messages that were not confirmed. Resolves to one result for each message, in order. Never
 * rejects.
 *
 * When a request failed because of one of its messages, its messages are divided: the halves are sent by themselves, in
 * later attempts as well.
 *
 * @param count how many messages the pack has
 */
export async function sendPack(
  count: number,
  sender: PackSender,
  limit: TimeLimit,
  watcher: PackWatcher = noWatcher,
): Promise<readonly SendResult[]> {
  const { clock, random, telemetry, target, maxAttempts } = sender
  const sending: Sending = { results: new Array<SendResult>(count).fill(noTimeLeft), requests: 0 }
  /** The parts, without messages that are settled or not waited for. */
  const pendingOf = (parts: readonly Part[]) =>
    parts
      .map((part) =>
        part.filter((position) => isRetryable(sending.results[position]) && watcher.isWanted(position)),
      )
      .filter((part) => part.length > 0)

  let pending = pendingOf([[...sending.results.keys()]])
  for (let attempt = 1; pending.length > 0 && mayRequest(sending, limit); attempt++) {
    if (attempt > 1) telemetry.count('spillway.send.retried', pending.flat().length, { target })
    const { parts, throttled } = await sendParts(pending, sending, sender, limit, watcher)
    pending = pendingOf(parts)
    if (pending.length === 0 || attempt >= maxAttempts) break
    const wait = fullJitter(throttled ? throttledBackoff : backoff, attempt, random())
    if (workingTime(limit) <= wait) break
    await clock.sleep(wait, earlySignal(limit))
    pending = pendingOf(pending)
  }
  return sending.results
}

/** The state of sending a pack. */
interface Sending {
  readonly results: SendResult[]
  /** How many requests were made. */
  requests: number
}

function mayRequest({ requests }: Sending, limit: TimeLimit): boolean {
  return requests < maxRequests && workingTime(limit) >= leastMs
}

/** Sends each part once, and divides those that failed because of one of their messages. Resolves to the parts as divided. */
async function sendParts(
  parts: readonly Part[],
  sending: Sending,
  sender: PackSender,
  limit: TimeLimit,
  watcher: PackWatcher,
): Promise<{ readonly parts: readonly Part[]; readonly throttled: boolean }> {
  const left = [...parts]
  const sentParts: Part[] = []
  let throttled = false
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    if (!mayRequest(sending, limit)) return { parts: [...sentParts, part, ...left], throttled }
    sending.requests++
    const sent = await requestOnce(part, sender, limit)
    throttled ||= sent.throttled
    if (sent.divisible && part.length > 1) {
      // The faulty message is not known yet, so none is refused for good.
      for (const position of part) sending.results[position] = undivided
      const middle = Math.ceil(part.length / 2)
      left.unshift(part.slice(0, middle), part.slice(middle))
      continue
    }
    for (const [position, result] of sent.results) {
      sending.results[position] = result
      if (!isRetryable(result)) watcher.settle(position, result)
    }
    sentParts.push(part)
  }
  return { parts: sentParts, throttled }
}

const undivided = notConfirmed(
  'a request was refused for one of its messages, and no time was left to find it',
)

async function requestOnce(
  part: Part,
  sender: PackSender,
  limit: TimeLimit,
): Promise<Sent & { readonly divisible: boolean }> {
  const { target, attemptMs, clock, telemetry } = sender
  const measured = { target }
  const startedAt = clock.now()
  telemetry.count('spillway.send.requests', 1, measured)
  try {
    const sent = await within(limit, Math.min(attemptMs, workingTime(limit)), ({ signal }) =>
      sender.request(part, signal),
    )
    return { ...sent, divisible: false }
  } catch (thrown) {
    const failure = toRejection(thrown)
    return {
      results: new Map(part.map((position) => [position, failure])),
      throttled: isThrottled(thrown),
      divisible: sender.isEntryFault(thrown),
    }
  } finally {
    telemetry.duration('spillway.send.duration', clock.now() - startedAt, measured)
  }
}

function isRetryable(result: SendResult | undefined): boolean {
  return result?.status === 'rejected' && result.retryable
}
