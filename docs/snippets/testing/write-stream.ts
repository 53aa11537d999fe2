import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { type KinesisSourceOptions, kinesisPartialBatchFailure, kinesisSource } from '@spillway/kinesis'
import { done } from '@spillway/message'
import { type Order, order } from './message.ts'

/** The function that writes. A test passes its own `save`, and a dead-letter store in memory. */
export const createHandler = (save: (order: Order) => Promise<void>, stream: KinesisSourceOptions) =>
  middy()
    .use(kinesisPartialBatchFailure())
    .use(kinesisSource(stream))
    .handler(
      batch(
        order,
        eachRecord(async ({ body }) => {
          await save(body)
          return done()
        }),
      ),
    )
