import { SpillwayError } from '@spillway/message'

/**
 * The records of an event of a stream.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event of another service, or one that another middleware has
 * changed: its records hold no data of a stream, so each would be parked as one without any, and would be gone.
 */
export function recordsOf(event: unknown): readonly unknown[] {
  const { Records } = Object(event) as { readonly Records?: unknown }
  if (!Array.isArray(Records)) throw foreign('something without records')
  for (const record of Records as readonly unknown[]) {
    const { eventSource, EventSource, kinesis } = Object(record) as Record<string, unknown>
    const service = eventSource ?? EventSource
    if (typeof service === 'string' && service !== 'aws:kinesis') throw foreign(`records of ${service}`)
    const { data } = Object(kinesis) as { readonly data?: unknown }
    if (data !== undefined && data !== null && typeof data !== 'string') throw decoded()
  }
  return Records
}

function foreign(what: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    `kinesisSource reads streams of Kinesis, and got ${what}: give the function another source, or another event source mapping.`,
  )
}

function decoded(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    'kinesisSource takes records as Lambda delivers them, and got some that are decoded: put it before the middleware that decodes them, or leave that one out.',
  )
}
