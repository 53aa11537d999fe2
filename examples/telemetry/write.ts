import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { kinesisPartialBatchFailure, kinesisSource } from '@spillway/kinesis'
import { sqsDeadLetter } from '@spillway/kinesis/sqs'
import { kyselyParkedStore, kyselyWriter } from '@spillway/kysely'
import { db } from './database.ts'
import { reading } from './message.ts'
import { toRow } from './row.ts'

/** Writes readings in batches. A reading that the table rejects is parked in a queue, so that its shard continues. */
export const handler = middy()
  .use(kinesisPartialBatchFailure())
  .use(
    kinesisSource({
      deadLetter: sqsDeadLetter({ queueUrl: process.env.PARKED_QUEUE_URL }),
      parked: kyselyParkedStore({ db }),
    }),
  )
  .handler(
    batch(
      reading,
      kyselyWriter({
        db,
        insertInto: 'readings',
        row: (message) => toRow(message.body),
        conflict: 'id',
      }),
    ),
  )
