import type { SendResult, Telemetry, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { type Backoff, fullJitter, isThrottled } from '@spillway/message/internal'
import { earlySignal, within, workingTime } from '../time/deadline.ts'
import { noTimeLeft, notConfirmed, toRejection } from './rejection.ts'

/** What one request did to each of its messages, and whether the other side asked for fewer requests. */
export interface Sent {
  /** By the positions of the messages in the pack. */
  readonly results: ReadonlyMap<number, SendResult>
  readonly throttled: boolean
}

/** How a pack is sent. */
export interface PackSender {
  /** What the numbers of the target are told apart by. */
  readonly target: string
  readonly maxAttempts: number
  /** Milliseconds after which a request is given up and repeated. */
  readonly attemptMs: number
  readonly clock: Clock
  readonly random: () => number
  readonly telemetry: Telemetry
  /** Sends the messages at some positions of the pack in one request. Rejects with what the client throws. */
  request(part: Part, signal: AbortSignal): Promise<Sent>
  /** Whether a request failed as a whole for what may be one of its messages. */
  isEntryFault(thrown: unknown): boolean
}

/** Positions in a pack that go into one request. */
export type Part = readonly number[]

/** Somebody who wants to know of each message of a pack as soon as possible. */
export interface PackWatcher {
  /** Called when the fate of a message is final, while others of its pack are still on their way. */
  settle(position: number, result: SendResult): void
  /** Whether anybody still waits for a message. What nobody waits for is not sent again. */
  isWanted(position: number): boolean
}

const nobody: PackWatcher = { settle: () => undefined, isWanted: () => true }

const backoff: Backoff = { base: 50, cap: 1000 }

/** What is asked too often gets more time. */
const throttledBackoff: Backoff = { base: 400, cap: 5000 }

/**
 * Milliseconds that have to be left for a request. A timer may fire up to one early, and what follows a request that was
 * given up at the end of the time would begin another that is given up at once.
 */
const leastMs = 5

/** What a pack may cost in all: a faulty entry takes some requests to be found, then there are attempts. */
const maxRequests = 32

/**
 * Sends one pack, repeating what was not confirmed. Answers one result per message, in order. Never rejects.
 *
 * A request that failed for what may be one of its entries is divided, and stays so: its halves go by themselves.
 *
 * @param count how many messages the pack has
 */
export async function sendPack(
  count: number,
  sender: PackSender,
  limit: TimeLimit,
  watcher: PackWatcher = nobody,
): Promise<readonly SendResult[]> {
  const results = new Array<SendResult>(count).fill(noTimeLeft)
  const measured = { target: sender.target }
  let requests = 0
  const mayRequest = () => requests < maxRequests && workingTime(limit) >= leastMs

  /** The parts without what is settled, or nobody waits for. */
  function pendingOf(parts: readonly Part[]): Part[] {
    const pending: Part[] = []
    for (const part of parts) {
      const left = part.filter((position) => isRetryable(results[position]) && watcher.isWanted(position))
      if (left.length > 0) pending.push(left)
    }
    return pending
  }

  let pending = pendingOf([[...results.keys()]])
  for (let attempt = 1; pending.length > 0 && mayRequest(); attempt++) {
    if (attempt > 1) sender.telemetry.count('spillway.send.retried', pending.flat().length, measured)
    const again: Part[] = []
    let throttled = false
    for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
      if (!mayRequest()) {
        again.push(part)
        continue
      }
      requests++
      const sent = await requestOnce(part, sender, limit)
      throttled ||= sent.throttled
      if (sent.divisible && part.length > 1) {
        // Nobody knows yet whose fault it is: until it is found, none is refused for good.
        for (const position of part) results[position] = undivided
        const middle = Math.ceil(part.length / 2)
        pending.unshift(part.slice(0, middle), part.slice(middle))
        continue
      }
      for (const [position, result] of sent.results) {
        results[position] = result
        if (!isRetryable(result)) watcher.settle(position, result)
      }
      again.push(part)
    }
    pending = pendingOf(again)
    if (pending.length === 0 || attempt >= sender.maxAttempts) break
    const wait = fullJitter(throttled ? throttledBackoff : backoff, attempt, sender.random())
    if (workingTime(limit) <= wait) break
    await sender.clock.sleep(wait, earlySignal(limit))
    pending = pendingOf(pending)
  }
  return results
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
