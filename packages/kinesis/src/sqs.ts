/**
 * Parks records of a stream in an Amazon SQS queue, and reads such copies. Needs the peer `@aws-sdk/client-sqs`.
 *
 * @module
 */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { SpillwayError, toError } from '@spillway/message'
import { checkOptions, isHttpUrl, type OptionRules, objectWith } from '@spillway/message/internal'
import {
  type CopyFact,
  type CopyFacts,
  fitCopy,
  isSendable,
  issuesText,
  readTooLarge,
  requireMessageId,
  type SentCopy,
  toAttributeText,
} from '@spillway/transport'
import type { DeadLetter, ParkedCopy } from './dead-letter.ts'
import { parkedAttributes } from './parked-attributes.ts'

export { parkedAttributes } from './parked-attributes.ts'
export { type ParkedRecord, parkedRecordOf, type QueueCopy } from './parked-record.ts'

/** Options of {@link sqsDeadLetter}. */
export interface SqsDeadLetterOptions {
  /** A standard queue. Needs `sqs:SendMessage`. Give it the longest retention, 14 days. */
  readonly queueUrl: string | undefined
  /** Default: a client with the configuration of the SDK. */
  readonly client?: Pick<SQSClient, 'send'>
  /**
   * The store for copies that are too large for the queue even compressed, `s3DeadLetter` for example. Set it for a stream
   * whose `MaxRecordSizeInKiB` is more than 1,024, and for a queue whose `MaximumMessageSize` is less than 1 MiB. Default:
   * none. Such a record is delivered again until the event source mapping discards it.
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

/**
 * Creates a dead-letter store in a queue. The body of a copy is the data of its record; if SQS refuses the data as text, it
 * is base64, with the attribute `spillway.encoding`. The reason and the origin of the record are message attributes. If
 * there is no room for them, the data is gzipped in an attribute. Text of up to 1 MiB, the default of a stream, always has
 * room then.
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
      let cause: unknown
      for (const form of [asBody, asAttribute]) {
        const message = await form(copy)
        if (message === undefined) continue
        try {
          const command = new SendMessageCommand({ QueueUrl, ...message })
          requireMessageId(await client.send(command, { abortSignal: limit.signal }))
          return
        } catch (thrown) {
          // The queue may have a lower limit: 256 KiB if it is older than the limit of 1 MiB.
          if (readTooLarge(toError(thrown).message) === undefined) throw thrown
          cause = thrown
        }
      }
      if (large === undefined) throw tooLarge(cause)
      await large.put(copy, limit)
    },
  }
}

function tooLarge(cause: unknown): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_PARK_FAILED',
    'A record is too large to be parked in a queue, even compressed, and is delivered again. Give `sqsDeadLetter` the option `large`, for example s3DeadLetter({ bucket }), and the queue a `MaximumMessageSize` of 1 MiB.',
    { cause },
  )
}

const compress = promisify(gzip)

/** The copy with its data as the body; `undefined` if there is no room for the attributes. */
function asBody(copy: ParkedCopy): SentCopy | undefined {
  const plain = copy.text !== undefined && isSendable(copy.text)
  // SQS refuses an empty body, so a record without data has the body `-`.
  const body = plain ? String(copy.text) : copy.base64 || '-'
  return fitCopy(body, [], factsOf(copy, plain ? undefined : 'base64'))
}

/** The copy with its gzipped data in an attribute. UTF-8 text always becomes smaller, by at least 2 %. */
async function asAttribute(copy: ParkedCopy): Promise<SentCopy | undefined> {
  const data = { DataType: 'Binary', BinaryValue: await compress(Buffer.from(copy.base64, 'base64')) }
  const body = `The data is in the attribute ${parkedAttributes.data}.`
  return fitCopy(body, [[parkedAttributes.data, data]], factsOf(copy, 'gzip'))
}

/** The facts of a copy. All except the issues are needed. */
function factsOf(copy: ParkedCopy, encoding: string | undefined): CopyFacts {
  const { reason, sequenceNumber, recordId, shardId, stream, partitionKey, arrivedAt } = copy
  return {
    needed: facts([
      [parkedAttributes.encoding, encoding],
      [parkedAttributes.code, reason.code],
      [parkedAttributes.sequenceNumber, sequenceNumber],
      [parkedAttributes.recordId, recordId === sequenceNumber ? undefined : recordId],
      [parkedAttributes.shardId, shardId],
      [parkedAttributes.stream, stream],
      [parkedAttributes.partitionKey, partitionKey],
      [parkedAttributes.arrivedAt, arrivedAt?.toISOString()],
      [parkedAttributes.reason, reason.detail],
    ]),
    wanted: facts([[parkedAttributes.issues, issuesText(reason)]]),
  }
}

function facts(pairs: readonly (readonly [name: string, value: string | undefined])[]): readonly CopyFact[] {
  return pairs.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, toAttributeText(value)] as const],
  )
}
