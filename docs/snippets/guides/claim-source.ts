import { sqsSource } from '@spillway/sqs'
import { s3ClaimStore } from '@spillway/sqs/s3'

export const source = sqsSource({
  queueUrl: process.env.QUEUE_URL,
  deadLetterQueueUrl: process.env.DEAD_LETTER_QUEUE_URL,
  claimCheck: { store: s3ClaimStore({ bucket: process.env.BUCKET }) },
})
