import { batch } from '@spillway/batch'
import { kyselyTransaction } from '@spillway/kysely'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { pointsEarned } from './message.ts'

/** Adds the points of each message once, however often it is delivered. */
export const addPoints = (db: Kysely<Database>) =>
  batch(
    pointsEarned,
    kyselyTransaction({
      db,
      transaction: async (trx, messages) => {
        for (const { body } of messages) {
          await trx
            .insertInto('balances')
            .values({ customer: body.customer, points: body.points })
            .onDuplicateKeyUpdate({ points: sql`points + values(points)` })
            .execute()
        }
      },
    }),
  )
