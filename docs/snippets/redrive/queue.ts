import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { redriveMessage } from '@spillway/sqs'

const client = new SQSClient({})
const queueUrl = process.env.QUEUE_URL
const deadLetterQueueUrl = process.env.DEAD_LETTER_QUEUE_URL

/** Sends up to ten copies with a code back to their queue; resolves with how many. */
export async function redriveCode(code: string): Promise<number> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: deadLetterQueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      VisibilityTimeout: 60,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  )
  const copies = Messages.filter(
    ({ MessageAttributes }) => MessageAttributes?.['spillway.code']?.StringValue === code,
  )
  for (const copy of copies) {
    const { entry } = await redriveMessage(copy, { queueUrl })
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, ...entry }))
    // Only after the send: a copy that was not sent stays and is visible again after a minute.
    const { ReceiptHandle } = copy
    await client.send(new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle }))
  }
  return copies.length
}
