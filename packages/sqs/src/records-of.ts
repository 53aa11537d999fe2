import { SpillwayError } from '@spillway/message'
import type { SQSRecord } from 'aws-lambda'

/**
 * The records of an event of a queue.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event of another service, or one whose bodies another middleware
 * has decoded: none of its records could be read, and none could be parked.
 */
export function recordsOf(event: unknown): readonly SQSRecord[] {
  const { Records } = Object(event) as { readonly Records?: unknown }
  if (!Array.isArray(Records)) throw foreign('something without records')
  for (const record of Records as readonly unknown[]) {
    const { eventSource, EventSource, messageId, body } = Object(record) as Record<string, unknown>
    const service = eventSource ?? EventSource
    if (typeof service === 'string' && service !== 'aws:sqs') throw foreign(`records of ${service}`)
    if (typeof messageId !== 'string') throw foreign('records without a messageId')
    if (typeof body !== 'string') throw decoded()
  }
  return Records as readonly SQSRecord[]
}

function foreign(what: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    `sqsSource reads queues of SQS, and got ${what}: give the function another source, or another event source mapping.`,
  )
}

function decoded(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    'sqsSource takes records as Lambda delivers them, and got some whose body is decoded: leave out the middleware that decodes them, for example sqsJsonBodyParser().',
  )
}
