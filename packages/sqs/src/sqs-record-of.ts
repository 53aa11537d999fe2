import { type MessageRecord, SpillwayError } from '@spillway/message'
import { rawOf } from '@spillway/transport'
import type { SQSRecord } from 'aws-lambda'

/**
 * The SQS record of a message as Lambda delivered it, with its id, attributes and times.
 *
 * @example
 * ```ts
 * import { batch, eachRecord } from '@spillway/batch'
 * import { defineMessage, done } from '@spillway/message'
 * import { sqsRecordOf } from '@spillway/sqs'
 * import * as z from 'zod'
 *
 * const order = defineMessage({ name: 'order.placed', schema: z.object({ id: z.uuid() }) })
 *
 * export const handler = batch(
 *   order,
 *   eachRecord((message) => {
 *     const { messageAttributes } = sqsRecordOf(message)
 *     console.log(messageAttributes.tenant?.stringValue)
 *     return done()
 *   }),
 * )
 * ```
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for a message that did not come through `sqsSource`.
 */
export function sqsRecordOf(message: MessageRecord): SQSRecord {
  const raw = rawOf(message)
  const { messageId, receiptHandle } = Object(raw) as Partial<SQSRecord>
  if (typeof messageId === 'string' && typeof receiptHandle === 'string') return raw as SQSRecord
  throw new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    'sqsRecordOf needs a message that came through sqsSource, as batch() gives it to its handler, or a copy with all its properties.',
  )
}
