import type { Message } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { copyOf } from './copy-of.ts'
import { deliveredMessage, originalOf, redriveMessage } from './index.ts'

const queueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/orders'
const text = (StringValue: string) => ({ DataType: 'String', StringValue })
const attributes = {
  kind: text('x'),
  size: { DataType: 'Number', StringValue: '1.50' },
  picture: { DataType: 'Binary.png', BinaryValue: Buffer.from([0, 255]) },
}
const ten = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`a${n}`, text(String(n))]))

/** The copy that parking makes of a message, as the SDK receives it. */
async function parked(body: string, own: Message['MessageAttributes'] = {}): Promise<Message> {
  const { messageAttributes } = deliveredMessage({ MessageAttributes: own })
  const { MessageBody, MessageAttributes } = await copyOf(body, messageAttributes, {
    needed: [
      ['spillway.code', 'C'],
      ['spillway.messageId', 'parked-id'],
      ['spillway.reason', 'd'],
    ],
    wanted: [
      ['spillway.receiveCount', '3'],
      ['spillway.sentAt', '2026-01-02T03:04:05.678Z'],
    ],
  })
  return { MessageId: 'copy-id', Body: MessageBody, MessageAttributes: { ...MessageAttributes } }
}

describe('the message that goes back', () => {
  it('is as it was, with its mark and its times, in its group and trace', async () => {
    const copy = await parked('  {"n":12345678901234567890}\n', attributes)
    const Attributes = { MessageGroupId: 'tenant', AWSTraceHeader: 'Root=1', SentTimestamp: '1' }
    const { entry, bytes } = await redriveMessage({ ...copy, Attributes }, { queueUrl })
    expect(entry).toStrictEqual({
      MessageBody: '  {"n":12345678901234567890}\n',
      MessageAttributes: {
        ...attributes,
        'spillway.sentAt': text('2026-01-02T03:04:05.678Z'),
        'spillway.messageId': text('parked-id'),
      },
      MessageGroupId: 'tenant',
      MessageSystemAttributes: { AWSTraceHeader: text('Root=1') },
    })
    expect(bytes).toBeGreaterThan(100)
  })

  it('of a message that SQS moved has its own id as its mark', async () => {
    const { entry } = await redriveMessage({ MessageId: 'own-id', Body: 'a' }, { queueUrl })
    expect(entry).toStrictEqual({
      MessageBody: 'a',
      MessageAttributes: { 'spillway.messageId': text('own-id') },
    })
  })

  it('has a deduplication id of its own in a FIFO queue, and another one for another body', async () => {
    const fifo = { queueUrl: `${queueUrl}.fifo` }
    const copy = await parked('a')
    const [same, again, edited] = await Promise.all(
      [{}, {}, { body: 'b' }].map(async (more) => (await redriveMessage(copy, { ...fifo, ...more })).entry),
    )
    expect(same?.MessageDeduplicationId).toBe('redrive-copy-id')
    expect(again).toStrictEqual(same)
    expect(edited?.MessageDeduplicationId).toMatch(/^redrive-copy-id-[0-9a-f]{16}$/)
  })

  it('is unpacked where there is room, and stays packed where there is none', async () => {
    const nine = Object.fromEntries(Object.entries(ten).slice(1))
    const unpacked = await redriveMessage(await parked('a', nine), { queueUrl })
    expect(unpacked.entry).toMatchObject({
      MessageBody: 'a',
      MessageAttributes: { ...nine, 'spillway.messageId': text('parked-id') },
    })
    const body = 'x'.repeat(1_048_576)
    for (const copy of [await parked('a', ten), await parked(body)]) {
      const { entry, bytes } = await redriveMessage(copy, { queueUrl })
      expect(Object.keys(entry.MessageAttributes ?? {}).toSorted()).toStrictEqual([
        'spillway.messageId',
        'spillway.packed',
        'spillway.sentAt',
      ])
      expect(bytes).toBeLessThanOrEqual(1_048_576)
      const back = { Body: entry.MessageBody, MessageAttributes: entry.MessageAttributes }
      expect(await originalOf(deliveredMessage(back))).toStrictEqual(await originalOf(deliveredMessage(copy)))
    }
  })

  it('goes without its mark where a message that SQS moved leaves no room for it', async () => {
    const moved = { MessageId: 'own-id', Body: 'a', MessageAttributes: ten }
    expect((await redriveMessage(moved, { queueUrl })).entry).toStrictEqual({
      MessageBody: 'a',
      MessageAttributes: ten,
    })
    await expect(redriveMessage(moved, { queueUrl, body: 'b' })).rejects.toMatchObject({
      code: 'SPILLWAY_SEND_FAILED',
    })
  })

  it('has the body that is given, unpacked', async () => {
    const copy = await parked('x'.repeat(1_048_576), { kind: text('x') })
    expect((await redriveMessage(copy, { queueUrl, body: 'b' })).entry).toMatchObject({
      MessageBody: 'b',
      MessageAttributes: { kind: text('x'), 'spillway.messageId': text('parked-id') },
    })
  })

  it.each([
    [{ queueUrl: undefined }],
    [{ queueUrl: 'orders' }],
    [{ queueUrl, body: '' }],
    [{ queueUrl, text: 'b' } as { queueUrl: string }],
  ])('refuses the options %j', async (options) => {
    await expect(redriveMessage({ MessageId: 'a', Body: 'a' }, options)).rejects.toMatchObject({
      code: 'SPILLWAY_OPTION_INVALID',
    })
  })

  it('refuses a copy that is damaged', async () => {
    const MessageAttributes = {
      'spillway.packed': { DataType: 'Binary.message', BinaryValue: Buffer.from('no gzip') },
    }
    await expect(
      redriveMessage({ MessageId: 'a', Body: 'a', MessageAttributes }, { queueUrl }),
    ).rejects.toMatchObject({ code: 'SPILLWAY_CLAIM_MISSING' })
  })
})
