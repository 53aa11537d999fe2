import { SpillwayError } from '@spillway/message'
import { incompleteRecord, recordsOf, type SourceKind } from '@spillway/transport'
import type { SQSRecord } from 'aws-lambda'

const queues = {
  service: 'aws:sqs',
  reads: 'queues of SQS',
  helper: 'sqsEvent() of @spillway/sqs/testing',
}
const source: SourceKind = { owner: 'sqsSource', ...queues }
const answer: SourceKind = { owner: 'sqsPartialBatchFailure', ...queues }

type Parts = Partial<Record<keyof SQSRecord, unknown>>

/** The parts of a record that a source needs. */
const parts: readonly (keyof SQSRecord)[] = [
  'messageId',
  'receiptHandle',
  'body',
  'attributes',
  'eventSourceARN',
]

/**
 * The records of an event of a queue.
 *
 * @param checkQueue throws for the ARN of another queue
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event of another service, a record that lacks a part, and a record
 * whose body another middleware has decoded: such records could be neither read nor parked.
 */
export function queueRecords(event: unknown, checkQueue: (arn: string) => void): readonly SQSRecord[] {
  const records = recordsOf(event, source)
  for (const [place, record] of records.entries()) {
    if (!isComplete(record)) throw unreadable(record, place)
    checkQueue(record.eventSourceARN)
  }
  return records as readonly SQSRecord[]
}

/**
 * The ids of the messages of an event of a queue, for `itemIdentifier` in the answer to Lambda.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for an event of another service, or a record without an id
 */
export function messageIds(event: unknown): readonly string[] {
  return recordsOf(event, answer).map((record, place) => {
    const { messageId } = Object(record) as Parts
    if (typeof messageId !== 'string' || messageId === '')
      throw incompleteRecord(answer, place, ['messageId'])
    return messageId
  })
}

/** Whether a record has all parts. Without a loop, because it runs for each record. */
function isComplete(record: unknown): record is SQSRecord {
  const { messageId, receiptHandle, body, attributes, eventSourceARN } = Object(record) as Parts
  return (
    typeof messageId === 'string' &&
    typeof receiptHandle === 'string' &&
    typeof body === 'string' &&
    typeof eventSourceARN === 'string' &&
    typeof attributes === 'object' &&
    attributes !== null
  )
}

function has(record: unknown, name: keyof SQSRecord): boolean {
  const value = (Object(record) as Parts)[name]
  return name === 'attributes' ? typeof value === 'object' && value !== null : typeof value === 'string'
}

function unreadable(record: unknown, place: number): SpillwayError {
  const { body } = Object(record) as Parts
  if (body === undefined || body === null || typeof body === 'string') {
    return incompleteRecord(
      source,
      place,
      parts.filter((name) => !has(record, name)),
    )
  }
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    'sqsSource needs records as Lambda delivers them, but their bodies are decoded. Remove the middleware that decodes them, for example sqsJsonBodyParser().',
  )
}
