import { base64, cloudEvent, envelope, firstOf, gzipped, named, plainJson } from '@spillway/message'
import { eventBridgeEvent, s3Notification, snsNotification } from '@spillway/sqs'

/** Old and new producers at the same time: envelopes of `enqueue`, and plain JSON. */
export const mixed = firstOf(envelope(), plainJson())

/** A topic whose messages are JSON, with or without raw delivery. An attribute has the name of the message. */
export const topic = snsNotification(plainJson(), { nameAttribute: 'event_type' })

/** A bus whose detail-type is not the name of the definition. */
export const bus = named('order.placed', eventBridgeEvent())

/** A bucket that notifies the queue through a topic. */
export const uploads = snsNotification(s3Notification())

/** Bodies that a producer compresses. No more than a mebibyte is inflated. */
export const compressed = gzipped(plainJson(), { maximumBytes: 1_048_576 })

/** Events of another team, in base64 when they come through a gateway. */
export const events = firstOf(cloudEvent(), base64(cloudEvent()))

/** The key, the group and the time of a message are in its body. */
export const facts = plainJson({
  name: ({ type }) => type,
  key: ({ eventId }) => eventId,
  time: ({ createdAt }) => createdAt,
  version: ({ schemaVersion }) => schemaVersion,
})
