import {
  defineMessage,
  done,
  type MessageBody,
  type MessageDefinition,
  type MessageRecord,
  type Outcome,
  park,
  type Writer,
} from '@spillway/message'
import type { Kysely, Transaction } from 'kysely'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { type InboxTable, kyselyStatus, kyselyTransaction } from '../index.ts'

interface Database {
  accounts: { id: string; balance: number }
  spillway_inbox: InboxTable
}
declare const db: Kysely<Database>

const posting = defineMessage({
  name: 'posting.made',
  schema: z.object({ account: z.string(), amount: z.string().transform(Number) }),
})
type Posting = MessageBody<typeof posting>

// The signature of `batch` in @spillway/batch.
declare function batch<Definition extends MessageDefinition>(
  definition: Definition,
  writer: Writer<MessageBody<Definition>>,
): void

describe('kyselyTransaction', () => {
  it('takes the type of the body from the batch around it', () => {
    batch(
      posting,
      kyselyTransaction({
        db,
        transaction: async (trx, messages) => {
          expectTypeOf(trx).toEqualTypeOf<Transaction<Database>>()
          expectTypeOf(messages).toEqualTypeOf<readonly MessageRecord<Posting>[]>()
        },
        fingerprint: (message) => {
          expectTypeOf(message.body).toEqualTypeOf<Posting>()
          return message.body.amount
        },
      }),
    )
  })

  it('takes the type of the body from an annotation', () => {
    const transaction = async (_: Transaction<Database>, __: readonly MessageRecord<Posting>[]) => undefined
    expectTypeOf(kyselyTransaction({ db, transaction })).toEqualTypeOf<Writer<Posting>>()
  })

  it('refuses a table, a column and a property that do not exist', () => {
    batch(
      posting,
      kyselyTransaction({
        db,
        transaction: async (trx, messages) => {
          // @ts-expect-error: account
          await trx.selectFrom('account').selectAll().execute()
          // @ts-expect-error: sum
          await trx.updateTable('accounts').set({ sum: 1 }).execute()
          // @ts-expect-error: amonut
          messages[0]?.body.amonut
        },
      }),
    )
  })

  it('accepts outcomes, nothing, or either', () => {
    batch(posting, kyselyTransaction({ db, transaction: async (_, messages) => messages.map(() => done()) }))
    batch(
      posting,
      kyselyTransaction({
        db,
        transaction: async (_, messages) => {
          if (messages.length > 1) return undefined
          return messages.map((): Outcome => park({ code: 'X', detail: 'x' }))
        },
      }),
    )
  })

  it('refuses an answer that contains no outcomes', () => {
    batch(
      posting,
      kyselyTransaction({
        db,
        // @ts-expect-error: results of an insert
        transaction: (trx) => trx.insertInto('accounts').values({ id: 'a', balance: 0 }).execute(),
      }),
    )
    // @ts-expect-error: not a promise
    batch(posting, kyselyTransaction({ db, transaction: () => undefined }))
  })

  it('has an inbox that a status can read', () => {
    kyselyStatus({ db, table: 'spillway_inbox', key: 'key', name: 'consumer' })
  })
})
