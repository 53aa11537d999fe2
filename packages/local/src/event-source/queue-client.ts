import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { EventSourceSpec } from './types.ts'

/** What the mapping does with its queue. */
export interface QueueClient {
  /** Up to `count` messages, at most 10; waits up to `waitSeconds` for the first. */
  receive(count: number, waitSeconds: number): Promise<readonly Message[]>
  /** Deletes messages by their receipt handles; answers how many could not be deleted. */
  delete(receiptHandles: readonly string[]): Promise<number>
  close(): void
}

/** Amazon SQS quotas: messages in one request. */
const perRequest = 10

/** A request to the local engine that fails is repeated once or twice, then the visibility time-out takes over. */
const deleteAttempts = 3

/** The SDK's own client on the queue of a mapping. */
export function createQueueClient({ queueUrl, endpoint, region }: EventSourceSpec): QueueClient {
  const client = new SQSClient({
    endpoint,
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: 1000 } },
  })
  const QueueUrl = queueUrl

  async function deleteTen(receiptHandles: readonly string[]): Promise<number> {
    let pending = receiptHandles
    for (let attempt = 1; pending.length > 0 && attempt <= deleteAttempts; attempt++) {
      const Entries = pending.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }))
      try {
        const { Successful = [] } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
        const deleted = new Set(Successful.map(({ Id }) => Number(Id)))
        pending = pending.filter((_, index) => !deleted.has(index))
      } catch {
        // Repeated below.
      }
    }
    return pending.length
  }

  return {
    async receive(count, waitSeconds) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: Math.min(perRequest, count),
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      )
      return Messages
    },
    async delete(receiptHandles) {
      const tens: Promise<number>[] = []
      for (let start = 0; start < receiptHandles.length; start += perRequest) {
        tens.push(deleteTen(receiptHandles.slice(start, start + perRequest)))
      }
      return (await Promise.all(tens)).reduce((sum, left) => sum + left, 0)
    },
    close: () => client.destroy(),
  }
}
