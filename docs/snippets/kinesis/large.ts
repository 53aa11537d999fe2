import { kinesisSource } from '@spillway/kinesis'
import { s3DeadLetter } from '@spillway/kinesis/s3'
import { sqsDeadLetter } from '@spillway/kinesis/sqs'

export const source = kinesisSource({
  deadLetter: sqsDeadLetter({
    queueUrl: process.env.PARKED_QUEUE_URL,
    large: s3DeadLetter({ bucket: process.env.PARKED_BUCKET }),
  }),
})
