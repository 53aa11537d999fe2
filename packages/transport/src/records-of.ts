import { SpillwayError } from '@spillway/message'

/** The events that a middleware reads. */
export interface SourceKind {
  /** The name of the middleware, for its errors. */
  readonly owner: string
  /** `eventSource` of its records. */
  readonly service: string
  /** In words, for errors: `queues of SQS`. */
  readonly reads: string
  /** The helper that makes complete records in a test. */
  readonly helper: string
}

/**
 * The records of an event as Lambda delivers it.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event without records, or with those of another service
 */
export function recordsOf(event: unknown, kind: SourceKind): readonly unknown[] {
  const { Records } = Object(event) as { readonly Records?: unknown }
  if (!Array.isArray(Records)) throw foreignEvent(kind, describeEvent(event))
  for (const record of Records as readonly unknown[]) {
    const { eventSource, EventSource } = Object(record) as Record<string, unknown>
    const service = eventSource ?? EventSource
    if (typeof service === 'string' && service !== kind.service) {
      throw foreignEvent(kind, `records of ${service}`)
    }
  }
  return Records
}

/** The error for an event that a middleware does not read. */
export function foreignEvent({ owner, reads }: SourceKind, what: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    `${owner} reads ${reads}, but got ${what}. Use another source middleware, or another event source mapping.`,
  )
}

/** The error for a record that lacks fields, as in the event of a test. */
export function incompleteRecord(
  { owner, helper }: SourceKind,
  place: number,
  missing: readonly string[],
): SpillwayError {
  const names = missing.map((name) => `\`${name}\``).join(', ')
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    `${owner} needs records as Lambda delivers them, but record ${place} lacks ${names}. In a test, ${helper} makes complete records.`,
  )
}

/** Describes an event without records by its form. Its values may be private data and stay out of the error. */
function describeEvent(event: unknown): string {
  if (event === null || event === undefined) return `${event}`
  if (Array.isArray(event)) {
    return 'a list, as EventBridge Pipes sends it, instead of an object with `Records`'
  }
  const fields = Object(event) as Record<string, unknown>
  if (typeof fields['detail-type'] === 'string') return 'an event of EventBridge'
  if (typeof fields.requestContext === 'object') return 'an HTTP request'
  return 'an event without records'
}
