import middy from '@middy/core'
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure'
import type { SQSEvent } from 'aws-lambda'
import { save } from './save.ts'

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .handler((event) =>
    Promise.allSettled((event as SQSEvent).Records.map((record) => save(JSON.parse(record.body)))),
  )
