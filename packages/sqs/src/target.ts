import type { EncodedMessage, SendResult, Target, TimeLimit } from '@spillway/message'
import {
  checkOptions,
  createClaimCheck,
  createGate,
  fitting,
  inParallel,
  outOfTime,
  type PackWatcher,
  quietTelemetry,
  systemClock,
} from '@spillway/message/internal'
import { admit, type Outgoing } from './admit.ts'
import { isFifo, targetClient } from './client.ts'
import { createCoalescer } from './coalesce.ts'
import { coalesceWait } from './coalesce-option.ts'
import { maxBytes, maxEntries, type PackedMessage, pack, sizeOf } from './pack.ts'
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
  const gate = createGate(concurrency)
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
  const claimCheck = options.claimCheck && createClaimCheck(options.claimCheck, claimContext)
  const maxWait = coalesceWait(options.coalesce ?? 'auto', process.env)
  const send = (messages: readonly PackedMessage[], limit: TimeLimit, watcher?: PackWatcher) =>
    sendPack(messages, context, limit, watcher)
  const coalescer = maxWait === undefined ? undefined : createCoalescer({ maxWait, clock, fifo, gate, send })

  /** Sends the messages of one call in requests of their own, and answers by their index. */
  async function sendAlone(
    messages: readonly PackedMessage[],
    limit: TimeLimit,
  ): Promise<ReadonlyMap<number, SendResult>> {
    const results = new Map<number, SendResult>()
    if (coalescer !== undefined) await coalescer.settled(messages, limit)
    await inParallel(pack(messages), fifo ? 1 : concurrency, async (next) => {
      const sent = await gate.run(() => send(next, limit), limit)
      for (const [position, { index }] of next.entries()) results.set(index, sent?.[position] ?? outOfTime)
    })
    return results
  }

  /** Sends messages whose order among one another does not matter. Those that are refused keep their result. */
  async function sendAll(
    messages: readonly Outgoing[],
    limit: TimeLimit,
    alone: boolean,
  ): Promise<ReadonlyMap<number, SendResult>> {
    const sendable = messages.filter(({ refused }) => refused === undefined)
    const sent =
      coalescer === undefined || alone
        ? await sendAlone(sendable, limit)
        : await coalescer.send(sendable, limit)
    if (sendable.length === messages.length) return sent
    const results = new Map(sent)
    for (const { index, refused } of messages) if (refused !== undefined) results.set(index, refused)
    return results
  }

  async function sendMessages(
    messages: readonly EncodedMessage[],
    limit: TimeLimit,
  ): Promise<readonly SendResult[]> {
    const admitted = messages.map((message, index) => admit(message, index, fifo))
    const claimed = claimCheck === undefined ? admitted : await claimCheck(admitted, limit)
    const outgoing = claimed.map((message) => fitting(message, maximumMessageSize, 'a queue'))
    const [only] = outgoing
    if (only !== undefined && outgoing.length === 1 && coalescer === undefined) {
      // On Lambda this is nearly every call: there is nothing to pack, nor any order to keep.
      if (only.refused !== undefined) return [only.refused]
      return (await gate.run(() => send([only], limit), limit)) ?? [outOfTime]
    }
    const alone = messages.length >= maxEntries
    const results = fifo
      ? await sendInOrder(outgoing, (wave) => sendAll(wave, limit, alone))
      : await sendAll(outgoing, limit, alone)
    return messages.map((_, index) => results.get(index) as SendResult)
  }
  return { send: sendMessages }
}
