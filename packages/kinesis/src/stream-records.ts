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
 * The sequence numbers of an event of a stream, by which an answer to Lambda names its records. What stands in the place
 * of one may be anything.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event of another service
 */
export function sequenceNumbers(event: unknown): readonly unknown[] {
  return ofStream(event, answer).map((record) => streamPart(record).sequenceNumber)
}

/** Records of which at least one is of a stream: a broken one among them costs only itself. */
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
    'kinesisSource takes records as Lambda delivers them, and got some that are decoded: put it before the middleware that decodes them, or leave that one out.',
  )
}
