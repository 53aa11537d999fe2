import { SpillwayError } from '@spillway/message'
import { recordsOf, type SourceKind } from '@spillway/message/internal'

const streams: SourceKind = { owner: 'kinesisSource', service: 'aws:kinesis', reads: 'streams of Kinesis' }

/**
 * The records of an event of a stream.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event of another service, or one that another middleware has
 * changed: its records hold no data of a stream, so each would be parked as one without any, and would be gone.
 */
export function streamRecords(event: unknown): readonly unknown[] {
  const records = recordsOf(event, streams)
  for (const record of records) {
    const { kinesis } = Object(record) as { readonly kinesis?: unknown }
    const { data } = Object(kinesis) as { readonly data?: unknown }
    if (data !== undefined && data !== null && typeof data !== 'string') throw decoded()
  }
  return records
}

function decoded(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    'kinesisSource takes records as Lambda delivers them, and got some that are decoded: put it before the middleware that decodes them, or leave that one out.',
  )
}
