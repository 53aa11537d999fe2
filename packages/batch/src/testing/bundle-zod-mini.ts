// A minimal but complete worker, for the size of its bundle: the schema in zod/mini, and hardly any of it.
import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { defineMessage, done } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import * as z from 'zod/mini'

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string(), note: z.string() }),
  key: (body) => body.id,
})

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(sqsSource({ queueUrl: process.env.QUEUE_URL, deadLetterQueueUrl: process.env.DEAD_LETTER_QUEUE_URL }))
  .handler(
    batch(
      order,
      eachRecord(async () => done()),
    ),
  )
