import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { done } from '@spillway/message'
import { type SqsSourceOptions, sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { type Order, order } from './message.ts'

/** The function that writes. A test passes its own `save`, and a queue that does not exist. */
export const createHandler = (save: (order: Order) => Promise<void>, queue: SqsSourceOptions) =>
  middy()
    .use(sqsPartialBatchFailure())
    .use(sqsSource(queue))
    .handler(
      batch(
        order,
        eachRecord(async ({ body }) => {
          await save(body)
          return done()
        }),
      ),
    )
