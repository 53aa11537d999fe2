import { SpillwayError } from '@spillway/message'
import { incompleteRecord, recordsOf, type SourceKind } from '@spillway/transport'

const streams = {
  service: 'aws:kinesis',
  reads: 'streams of Kinesis',
  helper: 'kinesisEvent() of @spillway/kinesis/testing',
}
const source: SourceKind = { owner: 'kinesisSource', ...streams }
const answer: SourceKind = { owner: 'kinesisPartialBatchFailure', ...streams }

/**
 * The records of an event of a stream.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event of another service, or one that another middleware has
 * changed: its records hold no data of a stream, so each would be parked as one without any, and would be gone.
 */
export function streamRecords(event: unknown): readonly unknown[] {
  const records = ofStream(event, source)
  for (const record of records) {
    const { data } = streamPart(record)
    if (data !== undefined && data !== null && typeof data !== 'string') throw decoded()
  }
  return records
}

/**
 * The sequence numbers of an event of a stream, for `itemIdentifier` in the answer to Lambda. They are not checked.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event of another service
 */
export function sequenceNumbers(event: unknown): readonly unknown[] {
  return ofStream(event, answer).map((record) => streamPart(record).sequenceNumber)
}

/** Checks that at least one record is of a stream. A single broken record is parked later. */
function ofStream(event: unknown, kind: SourceKind): readonly unknown[] {
  const records = recordsOf(event, kind)
  if (records.length === 0 || records.some(isOfStream)) return records
  throw incompleteRecord(kind, 0, ['kinesis'])
}

function isOfStream(record: unknown): boolean {
  const { kinesis } = Object(record) as { readonly kinesis?: unknown }
  return typeof kinesis === 'object' && kinesis !== null
}

function streamPart(record: unknown): Readonly<Record<string, unknown>> {
  const { kinesis } = Object(record) as { readonly kinesis?: unknown }
  return Object(kinesis)
}

function decoded(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    'kinesisSource needs records as Lambda delivers them, but they are decoded. Use it before the middleware that decodes them, or remove that middleware.',
  )
}
