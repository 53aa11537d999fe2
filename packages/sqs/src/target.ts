import type { EncodedMessage, SendResult, Target, TimeLimit } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  integer,
  isFunction,
  type OptionRules,
  objectWith,
  systemClock,
} from '@spillway/message/internal'
import { isClient, isFifo, isQueueUrl, type SqsClient, targetClient } from './client.ts'
import { maxBytes, type PackedMessage, pack, sizeOf } from './pack.ts'
import { sendInOrder } from './send-in-order.ts'
import { sendPack } from './send-pack.ts'

/** What {@link sqsTarget} takes. */
export interface SqsTargetOptions {
  /** The queue. A URL that ends in `.fifo` makes the target send groups and deduplication ids. */
  readonly queueUrl: string | undefined
  /** Default: a client with the SDK's own configuration and no retries of its own. */
  readonly client?: SqsClient
  /** How often an entry is sent before it counts as not confirmed, 1 to 10. Default 4. */
  readonly maxAttempts?: number
  /** How many requests of one call run at once, 1 to 50. Default 4; always 1 for a FIFO queue, which keeps the order. */
  readonly concurrency?: number
  readonly clock?: Clock
  /** A number in `[0, 1)`, for the jitter. Default `Math.random`. */
  readonly random?: () => number
}

const rules: OptionRules<SqsTargetOptions> = {
  queueUrl: isQueueUrl,
  client: isClient,
  maxAttempts: integer(1, 10),
  concurrency: integer(1, 50),
  clock: objectWith('now', 'sleep'),
  random: isFunction,
}

/**
 * Sends messages to an SQS queue: packed by 10 entries and 1 MiB, and only entries that SQS did not take are sent
 * again, with jitter, while time remains. A message counts as accepted only when SQS confirmed that very entry.
 *
 * A time-out or a reset may have stored the messages all the same, so a retry can enqueue one twice: the key of the
 * message makes that harmless.
 *
 * On a FIFO queue the order of each group is kept through failures: behind a message that was not confirmed the later
 * ones of its group are not sent. On a standard queue the group is the tenant of a fair queue.
 *
 * Source: Amazon SQS API Reference, SendMessageBatch. Needs `sqs:SendMessage`.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function sqsTarget(options: SqsTargetOptions): Target {
  checkOptions('sqsTarget', options, rules)
  const queueUrl = String(options.queueUrl)
  const { client = targetClient(), maxAttempts = 4, clock = systemClock, random = Math.random } = options
  const fifo = isFifo(queueUrl)
  const concurrency = fifo ? 1 : (options.concurrency ?? 4)
  const context = { client, queueUrl, fifo, maxAttempts, clock, random }

  /** Sends messages whose order does not matter, and answers by their index. */
  async function sendAll(
    messages: readonly PackedMessage[],
    limit: TimeLimit,
  ): Promise<Map<number, SendResult>> {
    const results = new Map<number, SendResult>()
    const packs = pack(messages).values()
    async function work(): Promise<void> {
      for (const next of packs) {
        const sent = await sendPack(next, context, limit)
        for (const [position, { index }] of next.entries()) results.set(index, sent[position] as SendResult)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, work))
    return results
  }

  async function send(messages: readonly EncodedMessage[], limit: TimeLimit): Promise<readonly SendResult[]> {
    const refused = new Map<number, SendResult>()
    const sendable: PackedMessage[] = []
    for (const [index, message] of messages.entries()) {
      const bytes = sizeOf(message)
      if (bytes > maxBytes) refused.set(index, tooLarge(bytes))
      else sendable.push({ index, message, bytes })
    }
    const results = fifo
      ? await sendInOrder(sendable, (wave) => sendAll(wave, limit))
      : await sendAll(sendable, limit)
    return messages.map((_, index) => refused.get(index) ?? (results.get(index) as SendResult))
  }
  return { send }
}

function tooLarge(bytes: number): SendResult {
  return {
    status: 'rejected',
    code: 'SPILLWAY_BODY_TOO_LARGE',
    detail: `The message has ${bytes} bytes; a queue holds at most ${maxBytes}.`,
    retryable: false,
  }
}
