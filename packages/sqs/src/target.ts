import type { EncodedMessage, SendResult, Target, TimeLimit } from '@spillway/message'
import { checkOptions, quietTelemetry, systemClock } from '@spillway/message/internal'
import {
  createSemaphore,
  guardMs,
  inParallel,
  noTimeLeft,
  type PackWatcher,
  rejectIfTooLarge,
} from '@spillway/transport'
import { isFifo, targetClient } from './client.ts'
import { maxBytes, maxEntries, type PackedMessage, pack, sizeOf } from './pack.ts'
import { type Outgoing, precheck } from './precheck.ts'
import { sendInOrder } from './send-in-order.ts'
import { sendPack } from './send-pack.ts'
import { type SqsTargetOptions, targetRules } from './target-options.ts'

/**
 * Sends messages to an SQS queue: packed by 10 entries and 1 MiB, and only entries that SQS did not take are sent
 * again, with jitter, while time and attempts remain. A message counts as accepted only when SQS confirmed that very
 * entry.
 *
 * A time-out or a reset may have stored the messages all the same, so a retry can enqueue one twice: the key of the
 * message makes that harmless.
 *
 * What SQS would refuse (a body or an attribute that it does not take, a delay out of range) is rejected before it is
 * sent, so that it costs only itself. `traceparent` and `attributes` of a message become message attributes.
 *
 * On a FIFO queue the order of each group is kept through failures: behind a message that was not confirmed the later
 * ones of its group are not sent, and no request has two of a group, so one group takes a request for each message. On a
 * standard queue the group is the tenant of a fair queue.
 *
 * Source: Amazon SQS API Reference, SendMessage and SendMessageBatch. Needs `sqs:SendMessage`.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function sqsTarget(options: SqsTargetOptions): Target {
  checkOptions('sqsTarget', options, targetRules)
  const queueUrl = String(options.queueUrl)
  const { client = targetClient(), maxAttempts = 4, maximumMessageSize = maxBytes } = options
  const { clock = systemClock, random = Math.random } = options
  const fifo = isFifo(queueUrl)
  const concurrency = options.concurrency ?? 16
  const semaphore = createSemaphore(concurrency, { reserve: guardMs })
  const telemetry = quietTelemetry(options.telemetry)
  const context = { client, queueUrl, fifo, maxAttempts, clock, random, telemetry }
  const claimContext = {
    owner: 'sqsTarget',
    maximumMessageSize,
    sizeOf,
    maxAttempts,
    concurrency,
    clock,
    random,
  }
  const claimCheck = options.claimCheck?.start(claimContext)
  const send = (messages: readonly PackedMessage[], limit: TimeLimit, watcher?: PackWatcher) =>
    sendPack(messages, context, limit, watcher)
  const coalescer = options.coalesce?.start({ clock, fifo, semaphore, send })

  async function sendMessages(
    messages: readonly EncodedMessage[],
    limit: TimeLimit,
  ): Promise<readonly SendResult[]> {
    const prechecked = messages.map((message, index) => precheck(message, index, fifo))
    const claimed = claimCheck === undefined ? prechecked : await claimCheck(prechecked, limit)
    const outgoing = claimed.map((message) => rejectIfTooLarge(message, maximumMessageSize, 'a queue'))
    const results = outgoing.map(({ refused }): SendResult => refused ?? noTimeLeft)

    /** Sends messages in requests of their own. */
    async function sendAlone(packed: readonly PackedMessage[]): Promise<void> {
      const sent = (await semaphore.run(() => send(packed, limit), limit)) ?? []
      for (const [position, result] of sent.entries()) {
        results[(packed[position] as PackedMessage).index] = result
      }
    }

    /** Sends messages whose order among one another does not matter. Those that are refused keep their result. */
    async function sendAll(wave: readonly Outgoing[]): Promise<void> {
      const sendable = wave.filter(({ refused }) => refused === undefined)
      if (coalescer !== undefined && messages.length < maxEntries) {
        for (const [index, result] of await coalescer.send(sendable, limit)) results[index] = result
        return
      }
      await coalescer?.settled(sendable, limit)
      const packs = pack(sendable)
      // On Lambda nearly every call is one message.
      if (packs.length === 1) await sendAlone(sendable)
      else await inParallel(packs, fifo ? 1 : concurrency, sendAlone)
    }

    if (fifo) await sendInOrder(outgoing, results, sendAll)
    else await sendAll(outgoing)
    return results
  }
  return { send: sendMessages }
}
