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
import { defaultClient, isClient, isFifo, isQueueUrl, type SqsClient } from './client.ts'
import { maxBytes, type PackedMessage, pack, sizeOf } from './pack.ts'
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
 * Source: Amazon SQS API Reference, SendMessageBatch. Needs `sqs:SendMessage`.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function sqsTarget(options: SqsTargetOptions): Target {
  checkOptions('sqsTarget', options, rules)
  const queueUrl = String(options.queueUrl)
  const { client = defaultClient(), maxAttempts = 4, clock = systemClock, random = Math.random } = options
  const fifo = isFifo(queueUrl)
  const concurrency = fifo ? 1 : (options.concurrency ?? 4)
  const context = { client, queueUrl, fifo, maxAttempts, clock, random }

  async function send(messages: readonly EncodedMessage[], limit: TimeLimit): Promise<readonly SendResult[]> {
    const results = new Array<SendResult>(messages.length)
    const sendable: PackedMessage[] = []
    for (const [index, message] of messages.entries()) {
      const bytes = sizeOf(message)
      if (bytes > maxBytes) results[index] = tooLarge(bytes)
      else sendable.push({ index, message, bytes })
    }
    const packs = pack(sendable).values()
    async function work(): Promise<void> {
      for (const next of packs) {
        const sent = await sendPack(next, context, limit)
        for (const [position, { index }] of next.entries()) results[index] = sent[position] as SendResult
      }
    }
    await Promise.all(Array.from({ length: concurrency }, work))
    return results
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
