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
 * Sends messages to an SQS queue, in requests of at most 10 entries and 1 MiB. Only entries that SQS did not accept are
 * sent again, with jitter, while time and attempts remain. A message is accepted only when SQS confirmed its entry.
 *
 * SQS may have stored a message whose request timed out, so a retry can enqueue it twice: its key makes that harmless.
 *
 * A message that SQS would refuse, for its body, an attribute or its delay, is rejected before it is sent, so that others
 * of its request are not affected. `traceparent` and `attributes` of a message become message attributes.
 *
 * On a FIFO queue each group stays in order even when requests fail: after a message that was not confirmed, no later
 * message of its group is sent, and no request has two messages of a group. So a single group takes a request for each
 * message. On a standard queue the group is the tenant of a fair queue.
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
  const shared = { maxAttempts, concurrency, clock, random }
  const claimCheck = options.claimCheck?.start({ owner: 'sqsTarget', maximumMessageSize, sizeOf, ...shared })
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

    /** Sends one request. */
    async function sendAlone(packed: readonly PackedMessage[]): Promise<void> {
      const sent = (await semaphore.run(() => send(packed, limit), limit)) ?? []
      for (const [position, result] of sent.entries()) {
        results[(packed[position] as PackedMessage).index] = result
      }
    }

    /** Sends messages in any order. Refused messages keep their results. */
    async function sendAll(wave: readonly Outgoing[]): Promise<void> {
      const sendable = wave.filter(({ refused }) => refused === undefined)
      if (coalescer !== undefined && messages.length < maxEntries) {
        for (const [index, result] of await coalescer.send(sendable, limit)) results[index] = result
        return
      }
      await coalescer?.settled(sendable, limit)
      const packs = pack(sendable)
      // The usual case on Lambda: a call with one message.
      if (packs.length === 1) await sendAlone(sendable)
      else await inParallel(packs, fifo ? 1 : concurrency, sendAlone)
    }

    if (fifo) await sendInOrder(outgoing, results, sendAll)
    else await sendAll(outgoing)
    return results
  }
  return { send: sendMessages }
}
