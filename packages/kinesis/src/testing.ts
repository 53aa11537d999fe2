/**
 * Helpers for the tests of an app: events as Lambda delivers them, and a dead-letter store in memory.
 *
 * @module
 */
import type { MessageDefinition, MessageInput } from '@spillway/message'
import { envelopeOf, type TestFacts } from '@spillway/message/testing'
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import type { DeadLetter, ParkedCopy } from './dead-letter.ts'
import { partitionKeyOf } from './partition-key.ts'

/** The facts of the records of a test. */
export interface KinesisEventFacts extends Pick<TestFacts, 'time' | 'key' | 'traceparent'> {
  /** The name of the stream. Default `test`. */
  readonly stream?: string
  /** When the records arrived in the stream. Default: now, so that none exceeds `parkAfter` of `kinesisSource`. */
  readonly arrivedAt?: Date
  /** The sequence number of the first record; the others count up. Default `49` and 54 zeros. */
  readonly firstSequenceNumber?: bigint
}

/**
 * Makes an event of one shard of a stream with a record for each input, for a handler with `kinesisSource`.
 *
 * @example
 * ```ts
 * import { defineMessage } from '@spillway/message'
 * import { kinesisEvent } from '@spillway/kinesis/testing'
 * import * as z from 'zod'
 *
 * const reading = defineMessage({ name: 'reading.taken', schema: z.object({ id: z.string() }), key: (body) => body.id })
 *
 * export const event = await kinesisEvent(reading, [{ id: 'a' }, { id: 'b' }])
 * ```
 *
 * @param inputs the bodies as a client sends them; the schema validates each, as `enqueue` does
 * @throws SpillwayError `SPILLWAY_BODY_INVALID` with the issues, when the schema refuses an input.
 */
export async function kinesisEvent<Definition extends MessageDefinition>(
  definition: Definition,
  inputs: readonly MessageInput<Definition>[],
  facts: KinesisEventFacts = {},
): Promise<KinesisStreamEvent> {
  const {
    stream = 'test',
    firstSequenceNumber = 49n * 10n ** 54n,
    arrivedAt = new Date(),
    ...message
  } = facts
  const envelopes = await Promise.all(inputs.map((input) => envelopeOf(definition, input, message)))
  const arrival = arrivedAt.getTime() / 1000
  return {
    Records: envelopes.map((body, index) =>
      toRecord(body, stream, String(firstSequenceNumber + BigInt(index)), arrival),
    ),
  }
}

function toRecord(
  body: string,
  stream: string,
  sequenceNumber: string,
  approximateArrivalTimestamp: number,
): KinesisStreamRecord {
  const { key, group } = JSON.parse(body) as { readonly key: string; readonly group?: string }
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: partitionKeyOf({ key, group, body }),
      sequenceNumber,
      data: Buffer.from(body).toString('base64'),
      approximateArrivalTimestamp,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/test',
    awsRegion: 'us-east-1',
    eventSourceARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
  }
}

/** A dead-letter store in memory. */
export interface MemoryDeadLetter extends DeadLetter {
  /** The parked copies, in order. */
  readonly copies: readonly ParkedCopy[]
}

/** Creates a dead-letter store in memory, for `deadLetter` of `kinesisSource`. */
export function memoryDeadLetter(): MemoryDeadLetter {
  const copies: ParkedCopy[] = []
  return {
    copies,
    async put(copy) {
      copies.push(copy)
    },
  }
}
