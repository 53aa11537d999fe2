import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import type { SendResult, Telemetry, TimeLimit } from '@spillway/message'
import { type Backoff, type Clock, fullJitter } from '@spillway/message/internal'
import { readAnswer, type Sent } from './answer.ts'
import type { SqsClient } from './client.ts'
import { toEntry } from './entry.ts'
import type { PackedMessage } from './pack.ts'
import { isEntryFault, isThrottled, notConfirmed, outOfTime, toRejection } from './rejection.ts'
import { within, workingTime } from './time.ts'

/** What sending a pack needs. */
export interface SendContext {
  readonly client: SqsClient
  readonly queueUrl: string
  readonly fifo: boolean
  readonly maxAttempts: number
  readonly clock: Clock
  readonly random: () => number
  readonly telemetry: Telemetry
}

/** Somebody who wants to know of each message of a pack as soon as possible. */
export interface PackWatcher {
  /** Called when the fate of a message is final, while others of its pack are still on their way. */
  settle(position: number, result: SendResult): void
  /** Whether anybody still waits for a message. What nobody waits for is not sent again. */
  isWanted(position: number): boolean
}

const nobody: PackWatcher = { settle: () => undefined, isWanted: () => true }

const backoff: Backoff = { base: 50, cap: 1000 }

/** A queue that is asked too often gets more time. */
const throttledBackoff: Backoff = { base: 400, cap: 5000 }

/** A request that takes longer is given up and repeated; SQS answers in tens of milliseconds. */
const attemptMs = 3000

/** What a pack may cost in all: a faulty entry among ten takes up to nine requests to be found, then there are attempts. */
const maxRequests = 32

/**
 * Sends one pack, repeating what was not confirmed. Answers one result per message, in order. Never rejects.
 *
 * A request that failed for what may be one of its entries is divided, and stays so: its halves go by themselves.
 */
export async function sendPack(
  messages: readonly PackedMessage[],
  context: SendContext,
  limit: TimeLimit,
  watcher: PackWatcher = nobody,
): Promise<readonly SendResult[]> {
  const results = messages.map((): SendResult => outOfTime)
  let requests = 0
  const mayRequest = () => requests < maxRequests && workingTime(limit) > 0

  /** Sends parts, and halves of those that have to be divided. Answers what is to be sent again. */
  async function sendParts(parts: readonly Part[]): Promise<{ again: readonly Part[]; throttled: boolean }> {
    const again: Part[] = []
    const next = [...parts]
    let throttled = false
    for (let part = next.shift(); part !== undefined; part = next.shift()) {
      if (!mayRequest()) {
        again.push(part)
        continue
      }
      requests++
      const sent = await request(part, messages, context, limit)
      throttled ||= sent.throttled
      if (sent.divisible && part.length > 1) {
        // Nobody knows yet whose fault it is: until it is found, none is refused for good.
        for (const position of part) results[position] = undivided
        const middle = Math.ceil(part.length / 2)
        next.unshift(part.slice(0, middle), part.slice(middle))
        continue
      }
      for (const [position, result] of sent.results) {
        results[position] = result
        if (!isRetryable(result)) watcher.settle(position, result)
      }
      again.push(part)
    }
    return { again, throttled }
  }

  /** The parts without what is settled, or nobody waits for. */
  const pendingOf = (parts: readonly Part[]) =>
    parts
      .map((part) => part.filter((position) => isRetryable(results[position]) && watcher.isWanted(position)))
      .filter((part) => part.length > 0)

  let pending = pendingOf([[...messages.keys()]])
  for (let attempt = 1; pending.length > 0 && mayRequest(); attempt++) {
    if (attempt > 1) context.telemetry.count('spillway.send.retried', pending.flat().length, measured)
    const { again, throttled } = await sendParts(pending)
    pending = pendingOf(again)
    if (pending.length === 0 || attempt >= context.maxAttempts) break
    const wait = fullJitter(throttled ? throttledBackoff : backoff, attempt, context.random())
    if (workingTime(limit) <= wait) break
    await context.clock.sleep(wait, limit.signal)
    pending = pendingOf(pending)
  }
  return results
}

/** Positions in a pack that go into one request. */
type Part = readonly number[]

/** What numbers of this target are told apart by. */
const measured = { target: 'sqs' }

const undivided = notConfirmed(
  'a request was refused for one of its messages, and no time was left to find it',
)

async function request(
  part: Part,
  messages: readonly PackedMessage[],
  context: SendContext,
  limit: TimeLimit,
): Promise<Sent> {
  const { client, queueUrl, fifo, clock, telemetry } = context
  const Entries = part.map((position) => toEntry(position, messages[position] as PackedMessage, fifo))
  const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })
  const startedAt = clock.now()
  telemetry.count('spillway.send.requests', 1, measured)
  try {
    const answer = await within(limit, Math.min(attemptMs, workingTime(limit)), ({ signal }) =>
      client.send(command, { abortSignal: signal }),
    )
    return readAnswer(part, answer)
  } catch (thrown) {
    const failure = toRejection(thrown)
    return {
      results: new Map(part.map((position) => [position, failure])),
      throttled: isThrottled(thrown),
      divisible: isEntryFault(thrown),
    }
  } finally {
    telemetry.duration('spillway.send.duration', clock.now() - startedAt, measured)
  }
}

function isRetryable(result: SendResult | undefined): boolean {
  return result?.status === 'rejected' && result.retryable
}
