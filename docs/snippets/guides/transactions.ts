import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { kyselyParkedStore, kyselyTransaction } from '@spillway/kysely'
import { defineMessage } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import * as z from 'zod'
import { db } from './database.ts'

export const pointsEarned = defineMessage({
  name: 'points.earned',
  schema: z.object({ id: z.uuid(), customer: z.string().max(64), points: z.int().positive() }),
  key: (body) => body.id,
})

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
