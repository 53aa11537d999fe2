import type { EncodedMessage, SendResult, Target, TimeLimit } from '@spillway/message'
import { quietTelemetry, systemClock } from '@spillway/message/internal'
import { createSemaphore, guardMs, inParallel, noTimeLeft, pack, rejectIfTooLarge } from '@spillway/transport'
import { targetClient } from './client.ts'
import { defaultRecordBytes, packLimits, sizeOf } from './limits.ts'
import { type OutgoingRecord, precheck } from './precheck.ts'
import { putInOrder } from './put-in-order.ts'
import { putRecords } from './put-records.ts'
import { checkTargetOptions, type KinesisTargetOptions } from './target-options.ts'

/**
 * Sends messages to a Kinesis stream, in requests of at most 500 records and 10 MiB. Only records that Kinesis did not
 * accept are sent again, with jitter, while time and attempts remain. A message is accepted only when Kinesis returned a
 * sequence number for its record.
 *
 * Kinesis may have stored a record whose request timed out, so a retry can put it twice: the key of the message makes that
 * harmless.
 *
 * The partition key is the group of a message, or its key if it has no group. By default packs are sent in parallel, and a
 * record that is retried may come after a later one of its partition key; `order: 'strict'` keeps the order of a call, with
 * a request for each message.
 *
 * Source: Amazon Kinesis Data Streams API Reference, PutRecords and PutRecord. Needs `kinesis:PutRecords`, or
 * `kinesis:PutRecord` with `order: 'strict'`.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function kinesisTarget(options: KinesisTargetOptions): Target {
  const stream = checkTargetOptions(options)
  const { client = targetClient(), maxAttempts = 4, concurrency = 16, order = 'relaxed' } = options
  const { maximumRecordSize = defaultRecordBytes, clock = systemClock, random = Math.random } = options
  const semaphore = createSemaphore(concurrency, { reserve: guardMs })
  const context = { client, stream, maxAttempts, clock, random, telemetry: quietTelemetry(options.telemetry) }
  const claimContext = {
    owner: 'kinesisTarget',
    maximumMessageSize: maximumRecordSize,
    sizeOf,
    maxAttempts,
    concurrency,
    clock,
    random,
  }
  const claimCheck = options.claimCheck?.start(claimContext)
  const put = order === 'strict' ? putInOrder : putRecords

  /** The units that are sent in parallel: packs, or with `strict` the records of each partition key. */
  function toParts(outgoing: readonly OutgoingRecord[]): Iterable<readonly OutgoingRecord[]> {
    if (order === 'strict') return Map.groupBy(outgoing, ({ partitionKey }) => partitionKey).values()
    return pack(
      outgoing.filter(({ refused }) => refused === undefined),
      packLimits,
    )
  }

  async function sendMessages(
    messages: readonly EncodedMessage[],
    limit: TimeLimit,
  ): Promise<readonly SendResult[]> {
    const prechecked = messages.map(precheck)
    const claimed = claimCheck === undefined ? prechecked : await claimCheck(prechecked, limit)
    const outgoing = claimed.map((message) =>
      rejectIfTooLarge(message, maximumRecordSize, 'a record of the stream'),
    )
    const results = outgoing.map(({ refused }): SendResult => refused ?? noTimeLeft)
    await inParallel(toParts(outgoing), concurrency, async (part) => {
      const sent = await semaphore.run(() => put(part, context, limit), limit)
      for (const [place, { index }] of part.entries()) {
        const result = sent?.[place]
        if (result !== undefined) results[index] = result
      }
    })
    return results
  }
  return { send: sendMessages }
}
