import { SpillwayError } from '@spillway/message'

/** What a middleware reads of an event. */
export interface SourceKind {
  /** The name of the middleware, for its errors. */
  readonly owner: string
  /** `eventSource` of its records. */
  readonly service: string
  /** What it is in words, for example `queues of SQS`. */
  readonly reads: string
  /** What makes complete records in a test. */
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

/** The error of a middleware that got something else than what it reads. */
export function foreignEvent({ owner, reads }: SourceKind, what: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    `${owner} reads ${reads}, and got ${what}: give the function another source, or another event source mapping.`,
  )
}

/** The error of a middleware that got records as no service delivers them: those of a test, mostly. */
export function incompleteRecord(
  { owner, helper }: SourceKind,
  place: number,
  missing: readonly string[],
): SpillwayError {
  const names = missing.map((name) => `\`${name}\``).join(', ')
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    `${owner} takes records as Lambda delivers them, and record ${place} lacks ${names}. In a test, ${helper} makes complete ones.`,
  )
}

/** What an event without records is, by its form alone: its content is somebody's data. */
function describeEvent(event: unknown): string {
  if (event === null || event === undefined) return `${event}`
  if (Array.isArray(event)) {
    return 'a list, as EventBridge Pipes sends it, in place of an object with `Records`'
  }
  const fields = Object(event) as Record<string, unknown>
  if (typeof fields['detail-type'] === 'string') return 'an event of EventBridge'
  if (typeof fields.requestContext === 'object') return 'an HTTP request'
  return 'something without records'
}
