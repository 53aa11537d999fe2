import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { FailureDestination } from './destination.ts'
import { toInvocationRecord } from './invocation-record.ts'

/** A queue for discarded batches. As on AWS it gets the positions of the records, not the records. */
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
      // Discards are rare, so no connection is kept open.
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
