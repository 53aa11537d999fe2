import { enqueue } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { claimCheck } from '@spillway/sqs/claim-check'
import { s3ClaimStore } from '@spillway/sqs/s3'
import { order } from './message.ts'

const to = sqsTarget({
  queueUrl: process.env.QUEUE_URL,
  claimCheck: claimCheck({ store: s3ClaimStore({ bucket: process.env.BUCKET }) }),
})

export const enqueueOrder = enqueue(order, {
  to,
  delay: (body) => (body.cents > 1_000_000 ? 60 : 0),
  attributes: (body) => ({ currency: body.currency }),
})
