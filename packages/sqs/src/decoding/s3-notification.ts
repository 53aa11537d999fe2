import { acknowledge, type Decoding, notMine, refuse } from '@spillway/message'
import { fieldsOf, notJson, parseJson, timeOf, toKey } from '@spillway/message/internal'

/**
 * Decodes event notifications of S3: the body is the notification with its `Records` as it is, the time that of the first
 * of them. The key is made of the bucket, the object, the sequencer and the name of each event, which are the same when S3
 * sends an event twice. The test event that S3 sends when notifications are set up is done without a handler.
 *
 * Notifications that come over a topic are in `snsNotification(s3Notification())`; those of EventBridge are an
 * `eventBridgeEvent()`.
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
    return refuse(
      'The record holds an S3 notification whose `Records` do not say which object they are about.',
    )
  }
  return { body: notification, key: toKey(ids.join('\n')), time: timeOf(fieldsOf(records[0])?.eventTime) }
}

/** What tells an event of S3 from others; `undefined` for what is none. */
function idOf(record: unknown): string | undefined {
  const { eventName, s3 } = fieldsOf(record) ?? {}
  const bucket = fieldsOf(fieldsOf(s3)?.bucket)?.name
  const { key, sequencer, versionId } = fieldsOf(fieldsOf(s3)?.object) ?? {}
  if (typeof eventName !== 'string' || typeof bucket !== 'string' || typeof key !== 'string') return undefined
  // Not every event has a sequencer; the others have a version or a time.
  const order = [sequencer, versionId, fieldsOf(record)?.eventTime].find((one) => typeof one === 'string')
  return [bucket, key, order ?? '', eventName].join('/')
}
