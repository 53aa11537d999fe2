import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Clock } from '@spillway/message/internal'
import { type SqsRecord, toRecord } from './record.ts'
import type { EventSourceSpec } from './types.ts'

/** A record with its size and the time of its receive. */
export interface Received {
  readonly record: SqsRecord
  /** The length of its JSON in bytes. */
  readonly size: number
  /** Milliseconds since the epoch; about when its visibility time-out started. */
  readonly receivedAt: number
}

/** The operations of the queue that an event source uses. */
export interface QueueClient {
  /**
   * Receives up to `max` records (10 at most), waiting up to `wait` seconds for the first. Rejects with the errors of
   * the SDK.
   */
  receive(max: number, wait: number): Promise<readonly Received[]>
  /** Deletes up to ten records and resolves with those that were not deleted. Rejects with the errors of the SDK. */
  remove(records: readonly SqsRecord[]): Promise<readonly SqsRecord[]>
  destroy(): void
}

/** Connects to the queue with a new SDK client. */
export function createQueueClient(spec: EventSourceSpec, clock: Clock): QueueClient {
  const { queueUrl, queueArn, region, endpoint } = spec
  const sqs = new SQSClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // The event source itself retries, and loopback needs no checksums.
    maxAttempts: 1,
    md5: false,
    requestHandler: {
      connectionTimeout: 2000,
      requestTimeout: 15_000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 2000 },
    },
  })
  return {
    async receive(max, wait) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: max,
          WaitTimeSeconds: wait,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      )
      const receivedAt = clock.now()
      return Messages.map((message) => {
        const record = toRecord(message, queueArn, region)
        return { record, size: Buffer.byteLength(JSON.stringify(record)), receivedAt }
      })
    },
    async remove(records) {
      const { Failed = [] } = await sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: records.map(({ receiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
          })),
        }),
      )
      return Failed.flatMap(({ Id }) => records[Number(Id)] ?? [])
    },
    destroy: () => sqs.destroy(),
  }
}
