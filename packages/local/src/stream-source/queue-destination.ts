import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { FailureDestination } from './destination.ts'
import { toInvocationRecord } from './invocation-record.ts'

/** A queue for batches that are given up. As on AWS it is told where the records were, and does not get them. */
export function queueDestination(queue: {
  readonly queueUrl: string
  readonly endpoint: string
  readonly region: string
}): Required<FailureDestination> {
  const { queueUrl, endpoint, region } = queue
  return {
    place: queueUrl,
    async send(batch) {
      const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
      // It is rare: no connection is kept for it.
      const sqs = new SQSClient({ endpoint, region, credentials, maxAttempts: 1 })
      try {
        const MessageBody = JSON.stringify(toInvocationRecord(batch, { payload: false }))
        await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }))
      } finally {
        sqs.destroy()
      }
    },
  }
}
