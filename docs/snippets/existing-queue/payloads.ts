import { plainJson } from '@spillway/message'
import { sqsSource } from '@spillway/sqs'
import { s3Payloads } from '@spillway/sqs/s3'

export const source = sqsSource({
  queueUrl: process.env.QUEUE_URL,
  deadLetterQueueUrl: process.env.DEAD_LETTER_QUEUE_URL,
  decode: plainJson(),
  payloads: s3Payloads({ buckets: [process.env.PAYLOADS_BUCKET] }),
})
