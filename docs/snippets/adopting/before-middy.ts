import middy from '@middy/core'
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure'
import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { save } from './save.ts'

const recordHandler = async (record: SQSRecord) => save(JSON.parse(record.body))

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .handler((event) => Promise.allSettled((event as SQSEvent).Records.map(recordHandler)))
