import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parkedAttributes as kinesisAttributes } from '../../packages/kinesis/src/parked-attributes.ts'
import { parkedAttributes as sqsAttributes } from '../../packages/sqs/src/copy-facts.ts'
import { packedName } from '../../packages/sqs/src/packed-message.ts'
import { root } from '../workspace.ts'
import { type Blocks, code, toTable } from './blocks.ts'

type Meanings<Names> = { readonly [Name in keyof Names]: string }

/** An attribute without a meaning is a compile error. */
const ofBoth = {
  code: 'why it was parked: a code of the [error catalogue](../errors.md), or the code of the database (a SQLSTATE)',
  reason: 'the same reason as a sentence, without a value of the body; at most 4,096 characters',
  issues: 'the invalid places of the body as JSON, at most 20; absent when there are none',
}

const ofQueue: Meanings<typeof sqsAttributes> = {
  ...ofBoth,
  messageId: 'the id of the parked message. A redrive uses it to let the key be applied again',
  receiveCount: 'how often the message had been received',
  sentAt: 'when the message was sent (RFC 3339, UTC)',
  firstReceivedAt: 'when the message was first received (RFC 3339, UTC)',
}

const ofStream: Meanings<typeof kinesisAttributes> = {
  ...ofBoth,
  sequenceNumber: 'the sequence number of the record',
  recordId: 'the record whose failure decided the parking, if it was an earlier record of the same message',
  shardId: 'the shard of the record',
  stream: 'the name of the stream',
  partitionKey: 'the partition key of the record',
  arrivedAt: 'when the record arrived in the stream (RFC 3339, UTC)',
  encoding: '`base64` or `gzip`, when the body of the copy is not the data of the record as text',
  data: 'the data of the record, gzipped, when the encoding is `gzip`',
}

/** The forms of the envelope, the claim and parked copies. */
export const wireBlocks: Blocks = {
  envelope: golden('packages/message/src/envelope-v1.golden.json'),
  claim: golden('packages/transport/src/claim/claim-v1.golden.json'),
  'parked-in-queue': attributesTable(
    { ...sqsAttributes, packed: packedName },
    {
      ...ofQueue,
      packed:
        'the original attributes, or body and attributes, as gzipped JSON, when they do not fit beside the reason',
    },
  ),
  'parked-of-stream': attributesTable(kinesisAttributes, ofStream),
}

function golden(path: string): string {
  const text = readFileSync(join(root, path), 'utf8')
  return `\`\`\`json\n${JSON.stringify(JSON.parse(text), null, 2)}\n\`\`\``
}

function attributesTable(
  names: Readonly<Record<string, string>>,
  meanings: Readonly<Record<string, string>>,
): string {
  return toTable(
    ['attribute', 'meaning'],
    Object.entries(names).map(([name, attribute]) => [code(attribute), meanings[name] ?? '']),
  )
}
