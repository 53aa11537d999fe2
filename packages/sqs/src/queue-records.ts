import { SpillwayError } from '@spillway/message'
import { foreignEvent, recordsOf, type SourceKind } from '@spillway/message/internal'
import type { SQSRecord } from 'aws-lambda'

const queues: SourceKind = { owner: 'sqsSource', service: 'aws:sqs', reads: 'queues of SQS' }

/**
 * The records of an event of a queue.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event of another service, or one whose bodies another middleware
 * has decoded: none of its records could be read, and none could be parked.
 */
export function queueRecords(event: unknown): readonly SQSRecord[] {
  const records = recordsOf(event, queues)
  for (const record of records) {
    const { messageId, body } = Object(record) as Partial<Record<keyof SQSRecord, unknown>>
    if (typeof messageId !== 'string') throw foreignEvent(queues, 'records without a messageId')
    if (typeof body !== 'string') throw decoded()
  }
  return records as readonly SQSRecord[]
}

function decoded(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    'sqsSource takes records as Lambda delivers them, and got some whose body is decoded: leave out the middleware that decodes them, for example sqsJsonBodyParser().',
  )
}
