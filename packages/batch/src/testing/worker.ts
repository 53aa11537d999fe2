import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import type { QueueEngine } from '@spillway/local/testing'
import type { MessageDefinition, MessageInput } from '@spillway/message'
import { envelopeOf } from '@spillway/message/testing'
import { type SqsSourceOptions, sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { BatchHandler } from '../index.ts'

/** What a worker function is to its queue: what Lambda's event source mapping does, one step at a time. */
export interface Worker {
  send<Definition extends MessageDefinition>(
    definition: Definition,
    ...inputs: readonly MessageInput<Definition>[]
  ): Promise<void>
  /** Sends texts as they are. */
  sendTexts(...texts: readonly string[]): Promise<void>
  /** All that is visible, as an event. */
  receive(): Promise<SQSEvent>
  /** Runs the chain of a worker. Rejects when it does. */
  invoke(handler: BatchHandler, event: SQSEvent, timeout?: number): Promise<SQSBatchResponse>
  /** Deletes what succeeded, as Lambda does, and answers the ids of the rest. */
  settle(event: SQSEvent, response: SQSBatchResponse): Promise<readonly string[]>
  /** Sends a copy of the dead-letter queue back as it is, as AWS's own move task does; `false` where there is none. */
  redrive(): Promise<boolean>
  /** Lets the visibility time-out of records pass. */
  expire(event: SQSEvent): Promise<void>
  end(): void
}

/** A worker of a queue whose dead-letter queue has `-dlq` behind its name. */
export function workerOf(
  queues: QueueEngine,
  queue: string,
  options: Partial<SqsSourceOptions> = {},
): Worker {
  const client = new SQSClient({
    endpoint: queues.endpoint,
    region: queues.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  })
  const QueueUrl = queues.queueUrl(queue)
  const source = sqsSource({
    queueUrl: QueueUrl,
    deadLetterQueueUrl: queues.queueUrl(`${queue}-dlq`),
    client,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    ...options,
  })

  return {
    async send(definition, ...inputs) {
      const texts = await Promise.all(inputs.map((input) => envelopeOf(definition, input)))
      const entries = texts.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
      await inTens(entries, (Entries) => client.send(new SendMessageBatchCommand({ QueueUrl, Entries })))
    },
    async sendTexts(...texts) {
      for (const MessageBody of texts) await client.send(new SendMessageCommand({ QueueUrl, MessageBody }))
    },
    async receive() {
      const messages = await receiveAll(client, QueueUrl)
      return { Records: messages.map((message) => toRecord(queues, queue, message)) }
    },
    async invoke(handler, event, timeout = 10_000) {
      const startedAt = performance.now()
      const context = { getRemainingTimeInMillis: () => timeout - (performance.now() - startedAt) }
      const chain = middy().use(sqsPartialBatchFailure()).use(source).handler(handler)
      return (await chain({ ...event } as never, context as Context)) as unknown as SQSBatchResponse
    },
    async settle(event, { batchItemFailures }) {
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
      const entries = event.Records.filter(({ messageId }) => !failed.has(messageId)).map(toEntry)
      await inTens(entries, (Entries) => client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries })))
      return [...failed]
    },
    redrive: () => moveOne(client, queues.queueUrl(`${queue}-dlq`), QueueUrl),
    async expire(event) {
      const entries = event.Records.map((record) => ({ ...toEntry(record), VisibilityTimeout: 0 }))
      await inTens(entries, (Entries) =>
        client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })),
      )
    },
    end: () => client.destroy(),
  }
}

const toEntry = ({ messageId, receiptHandle }: SQSEvent['Records'][number]) => ({
  Id: messageId,
  ReceiptHandle: receiptHandle,
})

/** Sends entries in batches of ten. Rejects when one of them fails. */
async function inTens<Entry>(
  entries: readonly Entry[],
  send: (some: Entry[]) => Promise<{ readonly Failed?: readonly object[] | undefined }>,
): Promise<void> {
  for (let first = 0; first < entries.length; first += 10) {
    const { Failed = [] } = await send(entries.slice(first, first + 10))
    if (Failed.length > 0) throw new Error(`entries failed: ${JSON.stringify(Failed)}`)
  }
}

/** Receives until nothing is visible any more. */
async function receiveAll(client: SQSClient, QueueUrl: string): Promise<readonly Message[]> {
  const messages: Message[] = []
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    )
    if (Messages.length === 0) return messages
    messages.push(...Messages)
  }
}

/** Moves a message to another queue as it is; `false` if there is none. */
async function moveOne(client: SQSClient, from: string, to: string): Promise<boolean> {
  const { Messages: [copy] = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: from, MessageAttributeNames: ['All'] }),
  )
  if (copy === undefined) return false
  const { Body: MessageBody, MessageAttributes, ReceiptHandle } = copy
  await client.send(new SendMessageCommand({ QueueUrl: to, MessageBody, MessageAttributes }))
  await client.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle }))
  return true
}

function toRecord(queues: QueueEngine, queue: string, message: Message): SQSEvent['Records'][number] {
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: message.Attributes as unknown as SQSEvent['Records'][number]['attributes'],
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType = '', StringValue = '' }]) => [
        name,
        { dataType: DataType, stringValue: StringValue },
      ]),
    ) as SQSEvent['Records'][number]['messageAttributes'],
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: queues.queueArn(queue),
    awsRegion: queues.region,
  }
}
