import { acknowledge, type Decoding, notMine, refuse } from '@spillway/message'
import { fieldsOf, notJson, parseJson, timeOf, toKey } from '@spillway/message/internal'

/**
 * Decodes event notifications of S3. The body is the whole notification with its `Records`, the time is that of the first
 * record. The key is made of the bucket, the object, the sequencer and the name of each event, which are the same when S3
 * sends an event twice. The test event that S3 sends when notifications are set up is acknowledged without the handler.
 *
 * For notifications over an SNS topic use `snsNotification(s3Notification())`, over EventBridge `eventBridgeEvent()`.
 *
 * Source: Amazon S3 User Guide, "Event message structure".
 */
export function s3Notification(): Decoding {
  return decodeS3Notification
}

const decodeS3Notification: Decoding = (text) => {
  const value = parseJson(text)
  const notification = value === notJson ? undefined : fieldsOf(value)
  if (notification?.Event === 's3:TestEvent') return acknowledge()
  const records = notification?.Records
  if (!Array.isArray(records) || fieldsOf(records[0])?.eventSource !== 'aws:s3') {
    return notMine('an S3 notification')
  }
  const ids = records.map(idOf)
  if (ids.includes(undefined)) {
    return refuse('The record holds an S3 notification whose `Records` have no bucket, key or event name.')
  }
  return { body: notification, key: toKey(ids.join('\n')), time: timeOf(fieldsOf(records[0])?.eventTime) }
}

/** The identity of an event of S3; `undefined` if it is not one. */
function idOf(record: unknown): string | undefined {
  const { eventName, s3 } = fieldsOf(record) ?? {}
  const bucket = fieldsOf(fieldsOf(s3)?.bucket)?.name
  const { key, sequencer, versionId } = fieldsOf(fieldsOf(s3)?.object) ?? {}
  if (typeof eventName !== 'string' || typeof bucket !== 'string' || typeof key !== 'string') return undefined
  // An event without a sequencer has a version or a time.
  const order = [sequencer, versionId, fieldsOf(record)?.eventTime].find((one) => typeof one === 'string')
  return [bucket, key, order ?? '', eventName].join('/')
}
