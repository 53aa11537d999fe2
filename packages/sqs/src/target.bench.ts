import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { defineBench, startQueueServer } from '@spillway/bench'
import type { EncodedMessage } from '@spillway/message'
import { Producer } from 'sqs-producer'
import { sqsTarget } from './index.ts'

/** What `sqsTarget` has by default. */
const concurrency = 4

const messages: readonly EncodedMessage[] = Array.from({ length: 1000 }, (_, index) => ({
  key: `order-${index}`,
  body: JSON.stringify({ key: `order-${index}`, name: 'order.placed', body: { note: 'x'.repeat(400) } }),
}))

export const bench = defineBench({
  name: 'Bulk enqueue',
  about: `1,000 messages of about 480 bytes to one queue, with the same client of the AWS SDK, on the embedded SQS in a process of its own. \`sqsTarget\` and the raw calls send ${concurrency} requests of ten at once; \`sqs-producer\` sends one after the other.`,
  operation: '1,000 messages',
  baseline: 'raw `SendMessageBatch`',
  operations: 1,
  packages: ['@aws-sdk/client-sqs', 'fauxqs', 'sqs-producer'],
  async start() {
    const server = await startQueueServer('target', 'raw', 'producer')
    const client = new SQSClient({
      endpoint: server.endpoint,
      region: server.region,
      maxAttempts: 1,
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    })
    const target = sqsTarget({ queueUrl: server.queueUrl('target'), client, concurrency })
    const limit = { signal: new AbortController().signal, remainingTime: () => 60_000 }
    const producer = Producer.create({ queueUrl: server.queueUrl('producer'), sqs: client })
    return {
      contestants: [
        {
          name: '`sqsTarget`',
          async run() {
            const results = await target.send(messages, limit)
            hasAll(results.filter(({ status }) => status === 'accepted').length)
          },
        },
        {
          name: 'raw `SendMessageBatch`',
          async run() {
            hasAll(await sendRaw(client, server.queueUrl('raw')))
          },
        },
        {
          name: '`sqs-producer`',
          async run() {
            const sent = await producer.send(messages.map(({ key, body }) => ({ id: key, body })))
            hasAll(sent.length)
          },
        },
      ],
      async stop() {
        client.destroy()
        await server.stop()
      },
    }
  },
})

/** The least that can be done: packs of ten, some at once, and a look at what was taken. */
async function sendRaw(client: SQSClient, queueUrl: string): Promise<number> {
  let accepted = 0
  let next = 0
  async function work() {
    while (next < messages.length) {
      const entries = messages.slice(next, next + 10)
      next += 10
      const { Successful = [] } = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: entries.map(({ body }, index) => ({ Id: String(index), MessageBody: body })),
        }),
      )
      accepted += Successful.length
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return accepted
}

function hasAll(accepted: number): void {
  if (accepted !== messages.length)
    throw new Error(`${accepted} of ${messages.length} messages were accepted.`)
}
