import { SpillwayError } from '../error.ts'

/** What a source middleware reads. */
export interface SourceKind {
  /** The name of the middleware, for its errors. */
  readonly owner: string
  /** `eventSource` of its records. */
  readonly service: string
  /** What it is in words, for example `queues of SQS`. */
  readonly reads: string
}

/**
 * The records of an event as Lambda delivers it.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event without records, or with those of another service
 */
export function recordsOf(event: unknown, kind: SourceKind): readonly unknown[] {
  const { Records } = Object(event) as { readonly Records?: unknown }
  if (!Array.isArray(Records)) throw foreignEvent(kind, 'something without records')
  for (const record of Records as readonly unknown[]) {
    const { eventSource, EventSource } = Object(record) as Record<string, unknown>
    const service = eventSource ?? EventSource
    if (typeof service === 'string' && service !== kind.service) {
      throw foreignEvent(kind, `records of ${service}`)
    }
  }
  return Records
}

/** The error of a source that got something else than what it reads. */
export function foreignEvent({ owner, reads }: SourceKind, what: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    `${owner} reads ${reads}, and got ${what}: give the function another source, or another event source mapping.`,
  )
}
