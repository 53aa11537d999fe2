import { type DecodedText, type Decoding, isDecoded, plainJson, refuse } from '@spillway/message'
import {
  checkDecodings,
  checkOptions,
  envelopeIn,
  fieldsOf,
  kindOfText,
  nonEmptyString,
  notJson,
  type OptionRules,
  parseJson,
  timeOf,
} from '@spillway/message/internal'
import type { SQSRecord } from 'aws-lambda'

/** Options of {@link snsNotification}. */
export interface SnsNotificationOptions {
  /** The message attribute with the name of the message, if its text has none: `event_type`, for example. */
  readonly nameAttribute?: string
}

const rules: OptionRules<SnsNotificationOptions> = {
  nameAttribute: { ...nonEmptyString(256), required: false },
}

/**
 * Decodes notifications of an SNS topic: `inner` decodes their `Message`. If it gives no key or time, they are the
 * `MessageId` and the `Timestamp`. With raw message delivery `inner` decodes the whole text, and there is no key of SNS.
 *
 * Source: Amazon SNS Developer Guide, "Amazon SNS message formats" and "Amazon SNS raw message delivery".
 *
 * @param inner decodes the messages of the publisher. Default: `plainJson()`
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when `inner` is not a decoding, or an option is unknown or not a text.
 */
export function snsNotification(
  inner: Decoding<SQSRecord> = plainJson(),
  options: SnsNotificationOptions = {},
): Decoding<SQSRecord> {
  checkDecodings('snsNotification', [inner])
  checkOptions('snsNotification', options, rules)
  const { nameAttribute } = options

  return function decodeSnsNotification(text, record) {
    const notification = notificationIn(text)
    const decode = (message: string, facts: Pick<DecodedText, 'key' | 'time' | 'name'>) => {
      const result = inner(message, record)
      if (!isDecoded(result) || envelopeIn(result) !== undefined) return result
      const { key = facts.key, time = facts.time, name = facts.name } = result
      return { ...result, key, time, name }
    }
    if (notification === undefined) {
      return decode(text, {
        name: nameAttribute && record.messageAttributes?.[nameAttribute]?.stringValue,
      })
    }
    const { Type, Message, MessageId, Timestamp, MessageAttributes } = notification
    if (Type !== 'Notification') {
      return refuse('The record holds a subscription confirmation of SNS: confirm the subscription.')
    }
    if (typeof Message !== 'string' || typeof MessageId !== 'string') {
      return refuse('The record holds an SNS notification without a `Message` or a `MessageId`.')
    }
    const attribute = nameAttribute && fieldsOf(fieldsOf(MessageAttributes)?.[nameAttribute])?.Value
    const result = decode(Message, {
      key: MessageId,
      time: timeOf(Timestamp),
      name: typeof attribute === 'string' ? attribute : undefined,
    })
    if (!('kind' in result) || result.kind !== 'not-mine') return result
    // Refused, because another decoding must not take the whole notification for a body.
    const { expected, found = kindOfText(Message) } = result
    return refuse(`Expected ${expected} in an SNS notification, which holds ${found}.`)
  }
}

/** The notification in a text; `undefined` for any other text. */
function notificationIn(text: string) {
  const value = parseJson(text)
  const fields = value === notJson ? undefined : fieldsOf(value)
  if (typeof fields?.TopicArn !== 'string' || typeof fields.Type !== 'string') return undefined
  return types.has(fields.Type) ? fields : undefined
}

const types: ReadonlySet<string> = new Set([
  'Notification',
  'SubscriptionConfirmation',
  'UnsubscribeConfirmation',
])
