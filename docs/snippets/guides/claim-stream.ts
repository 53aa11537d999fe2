import { kinesisSource, kinesisTarget } from '@spillway/kinesis'
import { claimCheck } from '@spillway/kinesis/claim-check'
import { s3ClaimStore } from '@spillway/kinesis/s3'
import { sqsDeadLetter } from '@spillway/kinesis/sqs'

export const to = kinesisTarget({
  streamName: process.env.STREAM_NAME,
  claimCheck: claimCheck({ store: s3ClaimStore({ bucket: process.env.BUCKET }) }),
})

export const source = kinesisSource({
  deadLetter: sqsDeadLetter({ queueUrl: process.env.PARKED_QUEUE_URL }),
  claimCheck: { store: s3ClaimStore({ bucket: process.env.BUCKET }) },
})
