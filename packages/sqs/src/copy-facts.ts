import type { ParkReason } from '@spillway/message'
import {
  type CopyFact,
  type CopyFacts,
  issuesText,
  reasonAttributes,
  toAttributeText,
} from '@spillway/transport'
import type { SQSRecord } from 'aws-lambda'
import type { Delivered } from './park-record.ts'

/** The message attributes that parking adds to those of the original. */
export const parkedAttributes = {
  ...reasonAttributes,
  /** The id of the parked message. On a redriven copy it opens the key again. */
  messageId: 'spillway.messageId',
  receiveCount: 'spillway.receiveCount',
  sentAt: 'spillway.sentAt',
  firstReceivedAt: 'spillway.firstReceivedAt',
} as const

/** The facts of the copy of a record. */
export function copyFacts({ record, raw, recordId }: Delivered, reason: ParkReason): CopyFacts {
  const issues = issuesText(reason)
  const toFact = ([name, value]: CopyFact): CopyFact => [name, toAttributeText(value)]
  const needed: CopyFact[] = [
    [parkedAttributes.code, reason.code],
    [parkedAttributes.messageId, recordId],
    [parkedAttributes.reason, reason.detail],
  ]
  const wanted: CopyFact[] = [
    [parkedAttributes.receiveCount, String(record.receiveCount)],
    ...(issues === undefined ? [] : [[parkedAttributes.issues, issues] as const]),
    ...times(raw),
  ]
  return { needed: needed.map(toFact), wanted: wanted.map(toFact) }
}

/**
 * When the message was sent, and first received. A redriven message is a new one for SQS: if it is parked again, the copy
 * keeps the times of the original.
 */
function times(raw: SQSRecord | undefined): readonly CopyFact[] {
  const { SentTimestamp, ApproximateFirstReceiveTimestamp } = raw?.attributes ?? {}
  const found = [
    [parkedAttributes.sentAt, SentTimestamp],
    [parkedAttributes.firstReceivedAt, ApproximateFirstReceiveTimestamp],
  ] as const
  return found.flatMap(([name, milliseconds]) => {
    const earlier = raw?.messageAttributes?.[name]?.stringValue ?? ''
    const date = new Date(isTime.test(earlier) ? earlier : Number(milliseconds ?? Number.NaN))
    return Number.isNaN(date.getTime()) ? [] : [[name, date.toISOString()] as const]
  })
}

/** The format of times in attributes: RFC 3339, UTC. */
const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
