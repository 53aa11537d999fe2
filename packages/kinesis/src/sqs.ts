/**
 * Parks records of a stream in an Amazon SQS queue. Needs the peer `@aws-sdk/client-sqs`.
 *
 * @module
 */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { SpillwayError } from '@spillway/message'
import {
  checkOptions,
  fittingAttributes,
  isHttpUrl,
  isMessageId,
  isSendable,
  issuesText,
  type OptionRules,
  objectWith,
  reasonAttributes,
  toAttributeText,
  toStringAttributes,
} from '@spillway/message/internal'
import type { DeadLetter, ParkedCopy } from './dead-letter.ts'

/** What {@link sqsDeadLetter} takes. */
export interface SqsDeadLetterOptions {
  /** A standard queue. Needs `sqs:SendMessage`. Give it the longest retention, 14 days. */
  readonly queueUrl: string | undefined
  /** Default: a client with the SDK's own configuration. */
  readonly client?: Pick<SQSClient, 'send'>
  /**
   * Where copies go that are too large for a queue, which holds 1 MiB: `s3DeadLetter`, for example. Default: nowhere. Such
   * a record is delivered again until the event source mapping gives it up.
   */
  readonly large?: DeadLetter
}

const rules: OptionRules<SqsDeadLetterOptions> = {
  queueUrl: {
    required: true,
    expected: 'the URL of a standard queue (is its environment variable set?)',
    test: (value) => isHttpUrl(value) && !value.endsWith('.fifo'),
  },
  client: { ...objectWith('send'), expected: 'an SQSClient' },
  large: objectWith('put'),
}

/** The message attributes of a parked copy. */
export const parkedAttributes = {
  ...reasonAttributes,
  sequenceNumber: 'spillway.sequenceNumber',
  shardId: 'spillway.shardId',
  stream: 'spillway.stream',
  partitionKey: 'spillway.partitionKey',
  arrivedAt: 'spillway.arrivedAt',
  /** `base64` for a body that is the data of the record in base64, because it is no text that a queue takes. */
  encoding: 'spillway.encoding',
} as const

/** Amazon SQS quotas: a message, in bytes. */
const maxBytes = 1_048_576

/** What has to be left for the attributes that a copy is useless without: encoding, code and sequence number. */
const leastAttributeBytes = 512

/**
 * Parks records of a stream in a queue. The body of a copy is the data of its record, byte for byte; where that is
 * nothing that a queue takes, its base64, with the attribute `spillway.encoding`. The reason, and where the record
 * came from, are message attributes.
 *
 * Source: Amazon SQS API Reference, SendMessage.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function sqsDeadLetter(options: SqsDeadLetterOptions): DeadLetter {
  checkOptions('sqsDeadLetter', options, rules)
  const QueueUrl = String(options.queueUrl)
  const { client = new SQSClient({}), large } = options

  return {
    async put(copy, limit) {
      const plain = copy.text !== undefined && isSendable(copy.text)
      // A queue takes no empty body. A record without data has nothing to lose.
      const body = plain ? String(copy.text) : copy.base64 || '-'
      const room = maxBytes - Buffer.byteLength(body)
      if (room < leastAttributeBytes) {
        if (large !== undefined) return large.put(copy, limit)
        throw new SpillwayError(
          'SPILLWAY_PARK_FAILED',
          'A record is too large to be parked in a queue, and is delivered again: give `sqsDeadLetter` the option `large`, for example s3DeadLetter({ bucket }).',
        )
      }
      const command = new SendMessageCommand({
        QueueUrl,
        MessageBody: body,
        MessageAttributes: toStringAttributes(fittingAttributes(attributesOf(copy, plain), room)),
      })
      const answer = await client.send(command, { abortSignal: limit.signal })
      if (!isMessageId(answer.MessageId)) throw new Error('the answer has no MessageId')
    },
  }
}

/** The attributes of a copy, most important first. */
function attributesOf(copy: ParkedCopy, plain: boolean): readonly (readonly [string, string])[] {
  const { reason, sequenceNumber, shardId, stream, partitionKey, arrivedAt } = copy
  const issues = issuesText(reason)
  const pairs: (readonly [string, string | undefined])[] = [
    [parkedAttributes.encoding, plain ? undefined : 'base64'],
    [parkedAttributes.code, reason.code],
    [parkedAttributes.sequenceNumber, sequenceNumber],
    [parkedAttributes.shardId, shardId],
    [parkedAttributes.stream, stream],
    [parkedAttributes.partitionKey, partitionKey],
    [parkedAttributes.arrivedAt, arrivedAt?.toISOString()],
    [parkedAttributes.reason, reason.detail],
    [parkedAttributes.issues, issues],
  ]
  return pairs.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, toAttributeText(value)] as const],
  )
}
