import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import type { SendResult, Telemetry, TimeLimit } from '@spillway/message'
import { type Backoff, type Clock, fullJitter } from '@spillway/message/internal'
import { readAnswer, type Sent } from './answer.ts'
import type { SqsClient } from './client.ts'
import { toEntry } from './entry.ts'
import type { PackedMessage } from './pack.ts'
import { isEntryFault, isThrottled, outOfTime, toRejection } from './rejection.ts'
import { abortWithin, workingTime } from './time.ts'

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

/** Sends one pack, repeating what was not confirmed. Answers one result per message, in order. Never rejects. */
export async function sendPack(
  messages: readonly PackedMessage[],
  context: SendContext,
  limit: TimeLimit,
  watcher: PackWatcher = nobody,
): Promise<readonly SendResult[]> {
  const results = messages.map((): SendResult => outOfTime)
  let pending = [...messages.keys()]
  for (let attempt = 1; ; attempt++) {
    pending = pending.filter((position) => watcher.isWanted(position))
    if (pending.length === 0 || workingTime(limit) === 0) break
    if (attempt > 1) context.telemetry.count('spillway.send.retried', pending.length, measured)
    const sent = await sendOnce(pending, messages, context, limit)
    for (const [position, result] of sent.results) {
      results[position] = result
      if (!isRetryable(result)) watcher.settle(position, result)
    }
    pending = pending.filter((position) => isRetryable(results[position]))
    if (pending.length === 0 || attempt >= context.maxAttempts) break
    const wait = fullJitter(sent.throttled ? throttledBackoff : backoff, attempt, context.random())
    if (workingTime(limit) <= wait) break
    await context.clock.sleep(wait, limit.signal)
  }
  return results
}

/** What numbers of this target are told apart by. */
const measured = { target: 'sqs' }

/** Sends what is pending. Where a request failed for what may be one entry, its halves go by themselves. */
async function sendOnce(
  pending: readonly number[],
  messages: readonly PackedMessage[],
  context: SendContext,
  limit: TimeLimit,
): Promise<Sent> {
  const sent = await request(pending, messages, context, limit)
  if (!sent.divisible || pending.length === 1 || workingTime(limit) === 0) return sent
  const middle = Math.ceil(pending.length / 2)
  const first = await sendOnce(pending.slice(0, middle), messages, context, limit)
  const second = await sendOnce(pending.slice(middle), messages, context, limit)
  return {
    results: new Map([...first.results, ...second.results]),
    throttled: first.throttled || second.throttled,
    divisible: false,
  }
}

async function request(
  pending: readonly number[],
  messages: readonly PackedMessage[],
  context: SendContext,
  limit: TimeLimit,
): Promise<Sent> {
  const { client, queueUrl, fifo, clock, telemetry } = context
  const entries = pending.map((position) =>
    toEntry(position, (messages[position] as PackedMessage).message, fifo),
  )
  const startedAt = clock.now()
  telemetry.count('spillway.send.requests', 1, measured)
  try {
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }), {
      abortSignal: abortWithin(limit, Math.min(attemptMs, workingTime(limit))),
    })
    return readAnswer(pending, answer)
  } catch (thrown) {
    const failure = toRejection(thrown)
    return {
      results: new Map(pending.map((position) => [position, failure])),
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
