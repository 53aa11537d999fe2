import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { kyselyParkedStore, kyselyTransaction } from '@spillway/kysely'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { db } from './database.ts'
import { pointsEarned } from './message.ts'

/** Adds the points of each message once, however often it is delivered. */
export const addPoints = batch(
  pointsEarned,
  kyselyTransaction({
    db,
    transaction: async (trx, messages) => {
      for (const { body } of messages) {
        await trx
          .insertInto('balances')
          .values({ customer: body.customer, points: body.points })
          .onConflict((oc) =>
            oc.column('customer').doUpdateSet((eb) => ({
              points: eb('balances.points', '+', eb.ref('excluded.points')),
            })),
          )
          .execute()
      }
    },
  }),
)

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(
    sqsSource({
      queueUrl: process.env.QUEUE_URL,
      deadLetterQueueUrl: process.env.DEAD_LETTER_QUEUE_URL,
      parked: kyselyParkedStore({ db }),
    }),
  )
  .handler(addPoints)
