import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { ReceiveMessageCommand, type SendMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ParkedCopy } from './index.ts'
import { parkedAttributes, type SqsDeadLetterOptions, sqsDeadLetter } from './sqs.ts'
import { ample } from './testing/kinesis.ts'
import { memoryDeadLetter } from './testing.ts'

let queues: QueueEngine
let client: SQSClient
let name = ''
let counter = 0

beforeAll(async () => {
  const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
  queues = await startQueues({ queues: Array.from({ length: 12 }, (_, n) => ({ name: `q${n}`, ...spec })) })
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
  client = new SQSClient({ endpoint: queues.endpoint, region: queues.region, maxAttempts: 1, credentials })
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})
beforeEach(() => {
  name = `q${counter++}`
})

const letter = (options: Partial<SqsDeadLetterOptions> = {}) =>
  sqsDeadLetter({ queueUrl: queues.queueUrl(name), client, ...options })

function copyOf(text: string | undefined, change: Partial<ParkedCopy> = {}): ParkedCopy {
  return {
    reason: { code: '23514', detail: 'a check\u0000 failed' },
    parkedAt: new Date(0),
    text,
    base64: Buffer.from(text ?? '\xff', text === undefined ? 'latin1' : 'utf8').toString('base64'),
    stream: 'arn:aws:kinesis:eu-west-1:123456789012:stream/readings',
    shardId: 'shardId-000000000003',
    sequenceNumber: '4950',
    recordId: '4950',
    partitionKey: 'sensor\u0001',
    arrivedAt: new Date(1000),
    ...change,
  }
}

/** Random text, so many bytes. */
const random = (bytes: number) => randomBytes(bytes).toString('base64').slice(0, bytes)

describe('a copy in a queue', () => {
  it('has the data byte for byte, the reason and where it came from', async () => {
    const issues = [{ path: '/x', message: 'too small' }]
    await letter().put(copyOf('{"naïve":"🚀"}', { reason: { code: 'C', detail: 'd', issues } }), ample())
    const { Messages } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queues.queueUrl(name), MessageAttributeNames: ['All'] }),
    )
    expect(Messages?.map(({ Body }) => Body)).toStrictEqual(['{"naïve":"🚀"}'])
    const text = (StringValue: string) => ({ DataType: 'String', StringValue })
    expect(Messages?.[0]?.MessageAttributes).toStrictEqual({
      'spillway.code': text('C'),
      'spillway.reason': text('d'),
      'spillway.issues': text('[{"path":"/x","message":"too small"}]'),
      'spillway.sequenceNumber': text('4950'),
      'spillway.shardId': text('shardId-000000000003'),
      'spillway.stream': text('arn:aws:kinesis:eu-west-1:123456789012:stream/readings'),
      'spillway.partitionKey': text('sensor\uFFFD'),
      'spillway.arrivedAt': text('1970-01-01T00:00:01.000Z'),
    })
  })

  it('has at most ten attributes, whatever is known', () => {
    // The issues are left out where all others are there.
    expect(Object.keys(parkedAttributes).length).toBeLessThanOrEqual(11)
  })

  it.each([
    ['bytes that are no text', undefined, '/w=='],
    ['a character that a queue refuses', 'a\u0000', 'YQA='],
  ])('is base64 for %s', async (_, text, body) => {
    await letter().put(copyOf(text), ample())
    expect(await queues.messages(name)).toMatchObject([
      { body, attributes: { 'spillway.encoding': 'base64', 'spillway.code': '23514' } },
    ])
  })

  it.each(['\uFFFE', '\uFFFF'])('has issues at any place that a body can have: %j', async (character) => {
    const issues = [{ path: `/a${character}`, message: 'Unrecognized key' }]
    await letter().put(copyOf('{}', { reason: { code: 'C', detail: 'd', issues } }), ample())
    // A queue refuses the whole message for one such character, each time, and the shard waits.
    expect(await queues.messages(name)).toMatchObject([
      { attributes: { 'spillway.issues': '[{"path":"/a\uFFFD","message":"Unrecognized key"}]' } },
    ])
  })

  it('stands for a record without anything', async () => {
    const nothing = {
      base64: '',
      sequenceNumber: undefined,
      recordId: 'record 0',
      arrivedAt: undefined,
      stream: '',
      shardId: '',
    }
    await letter().put(copyOf(undefined, nothing), ample())
    expect(await queues.messages(name)).toMatchObject([
      { body: '-', attributes: { 'spillway.code': '23514' } },
    ])
  })

  it.each([
    ['text', `{"note":"${random(1_048_500)}"}`],
    ['text that a queue refuses', `\u0000${random(900_000)}`],
  ])('has its data gzipped in an attribute where the reason has no room beside it: %s', async (_, data) => {
    const reason = { code: 'C', detail: 'd'.repeat(4000) }
    await letter().put(copyOf(data, { reason }), ample())
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queues.queueUrl(name), MessageAttributeNames: ['All'] }),
    )
    const { Body, MessageAttributes = {} } = Messages[0] ?? {}
    expect(Body).toBe('The data is in the attribute spillway.data.')
    expect(MessageAttributes).toMatchObject({
      'spillway.encoding': { StringValue: 'gzip' },
      'spillway.code': { StringValue: 'C' },
      'spillway.reason': { StringValue: reason.detail },
      'spillway.sequenceNumber': { StringValue: '4950' },
    })
    const stored = MessageAttributes['spillway.data']?.BinaryValue ?? new Uint8Array()
    expect(gunzipSync(stored).toString() === data).toBe(true)
  })
})

describe('what is too large for a queue', () => {
  const large = copyOf(undefined, { base64: randomBytes(1_048_576).toString('base64') })

  it('goes where large ones go', async () => {
    const other = memoryDeadLetter()
    await letter({ large: other }).put(large, ample())
    expect(other.copies).toStrictEqual([large])
    expect(await queues.messages(name)).toStrictEqual([])
  })

  it('is not parked without such a place', async () => {
    await expect(letter().put(large, ample())).rejects.toMatchObject({
      code: 'SPILLWAY_PARK_FAILED',
      message: expect.stringContaining('`large`'),
    })
  })
})

describe('a queue whose own limit is lower', () => {
  /** The answer of SQS, for what is larger than 256 KiB. */
  const small = {
    async send({ input }: { readonly input: SendMessageCommandInput }) {
      const attributes = Object.values(input.MessageAttributes ?? {})
      const bytes = attributes.reduce((sum, { BinaryValue }) => sum + (BinaryValue?.length ?? 0), 0)
      if (bytes + Buffer.byteLength(input.MessageBody ?? '') <= 262_144) return { MessageId: 'm' }
      const says = 'One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes.'
      throw Object.assign(new Error(says), { name: 'InvalidParameterValue' })
    },
  } as never

  it('takes a copy compressed where that is enough, and the rest goes where large ones go', async () => {
    const other = memoryDeadLetter()
    const dense = copyOf(random(400_000))
    await letter({ client: small, large: other }).put(copyOf('x'.repeat(400_000)), ample())
    await letter({ client: small, large: other }).put(dense, ample())
    expect(other.copies).toStrictEqual([dense])
  })

  it('says so where there is no such place', async () => {
    await expect(letter({ client: small }).put(copyOf(random(400_000)), ample())).rejects.toMatchObject({
      code: 'SPILLWAY_PARK_FAILED',
      message: expect.stringContaining('MaximumMessageSize'),
      cause: { name: 'InvalidParameterValue' },
    })
  })
})

describe('what is not confirmed', () => {
  it('rejects: there is no such queue', async () => {
    const nowhere = letter({ queueUrl: `${queues.queueUrl(name)}-nowhere` })
    await expect(nowhere.put(copyOf('x'), ample())).rejects.toThrow()
  })

  it.each([{}, { MessageId: null }, { MessageId: '' }])('rejects: %j has no message id', async (answer) => {
    const silent = letter({ client: { send: async () => answer } as never })
    await expect(silent.put(copyOf('x'), ample())).rejects.toThrow('no MessageId')
  })
})

it.each<[object, string]>([
  [{ queueUrl: undefined }, 'the URL of a standard queue'],
  [{ queueUrl: 'arn:aws:sqs:eu-west-1:1:a' }, 'the URL of a standard queue'],
  [{ queueUrl: 'https://sqs/a\n' }, 'the URL of a standard queue'],
  [{ queueUrl: 'https://sqs/a.fifo' }, 'the URL of a standard queue'],
  [{ queueUrl: 'https://sqs/a', larg: 1 }, 'large'],
])('refuses the options %j', (options, message) => {
  expect(() => sqsDeadLetter(options as SqsDeadLetterOptions)).toThrow(message)
})
