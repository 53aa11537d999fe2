import {
  defineMessage,
  type MessageBody,
  type MessageDefinition,
  type MessageRecord,
  type Writer,
} from '@spillway/message'
import type { ColumnType, Generated, Kysely } from 'kysely'
import { Pool } from 'pg'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { kyselyWriter, postgresPool } from '../index.ts'

interface Database {
  orders: {
    id: string
    total_cents: number
    note: string | null
    placed_at: ColumnType<Date, Date | string, never>
    sequence: Generated<number>
  }
  customers: { id: string }
}
declare const db: Kysely<Database>

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.uuid(), total: z.int(), at: z.string() }),
})
type Order = MessageBody<typeof order>

// The signature of `batch` in @spillway/batch.
declare function batch<Definition extends MessageDefinition>(
  definition: Definition,
  writer: Writer<MessageBody<Definition>>,
): void

const good = (m: MessageRecord<Order>) => ({ id: m.body.id, total_cents: m.body.total, placed_at: m.body.at })

describe('kyselyWriter', () => {
  it('takes the type of the body from the batch around it', () => {
    batch(
      order,
      kyselyWriter({
        db,
        insertInto: 'orders',
        row: (m) => {
          expectTypeOf(m.body).toEqualTypeOf<Order>()
          return { id: m.body.id, total_cents: m.body.total, placed_at: m.body.at }
        },
        conflict: 'id',
      }),
    )
  })

  it('takes the type of the body from an annotation', () => {
    expectTypeOf(
      kyselyWriter({ db, insertInto: 'orders', row: good, conflict: ['id', 'note'] }),
    ).toEqualTypeOf<Writer<Order>>()
  })

  it('refuses a property that the body does not have', () => {
    batch(
      order,
      kyselyWriter({
        db,
        insertInto: 'orders',
        // @ts-expect-error: totals
        row: (m) => ({ id: m.body.id, total_cents: m.body.totals, placed_at: m.body.at }),
        conflict: 'id',
      }),
    )
  })

  it('refuses a column that the table does not have', () => {
    batch(
      order,
      kyselyWriter({
        db,
        insertInto: 'orders',
        // @ts-expect-error: notes
        row: (m) => ({ id: m.body.id, total_cents: 1, placed_at: m.body.at, notes: 'x' }),
        conflict: 'id',
      }),
    )
  })

  it('refuses a row without a column that must not be null', () => {
    batch(
      order,
      kyselyWriter({
        db,
        insertInto: 'orders',
        // @ts-expect-error: no total_cents
        row: (m) => ({ id: m.body.id, placed_at: m.body.at }),
        conflict: 'id',
      }),
    )
  })

  it('refuses a value of the wrong type', () => {
    batch(
      order,
      kyselyWriter({
        db,
        insertInto: 'orders',
        // @ts-expect-error: a number for a text
        row: (m) => ({ id: m.body.total, total_cents: 1, placed_at: m.body.at }),
        conflict: 'id',
      }),
    )
  })

  it('refuses an unknown table', () => {
    // @ts-expect-error: order
    kyselyWriter({ db, insertInto: 'order', row: good, conflict: 'id' })
  })

  it('refuses a conflict column that the table does not have', () => {
    // @ts-expect-error: uid
    kyselyWriter({ db, insertInto: 'orders', row: good, conflict: 'uid' })
    // @ts-expect-error: uid
    kyselyWriter({ db, insertInto: 'orders', row: good, conflict: ['id', 'uid'] })
  })

  it('allows columns that only some rows have', () => {
    batch(
      order,
      kyselyWriter({
        db,
        insertInto: 'orders',
        row: (m) => ({
          id: m.body.id,
          total_cents: m.body.total,
          placed_at: m.body.at,
          ...(m.body.total > 5 ? { note: 'x' } : {}),
          ...(m.group === undefined ? {} : { sequence: 4 }),
        }),
        conflict: 'id',
      }),
    )
  })
})

describe('postgresPool', () => {
  it("takes the options of the user's own pg", () => {
    postgresPool({ Pool, connections: 2, config: { ssl: true, password: async () => 'token' } })
    // @ts-expect-error: not an option of pg
    postgresPool({ Pool, config: { sll: true } })
  })
})

describe('the option `conflict` of kyselyWriter', () => {
  const orders = { db, insertInto: 'orders', row: good } as const

  it('takes columns of the table', () => {
    kyselyWriter({ ...orders, conflict: { on: 'id', do: 'nothing' } })
    kyselyWriter({ ...orders, conflict: { on: ['id'], do: 'fail' } })
    kyselyWriter({ ...orders, conflict: { on: 'id', do: 'update' } })
    const set = ['total_cents', 'note'] as const
    const write = kyselyWriter({ ...orders, conflict: { on: 'id', do: 'update', set, version: 'sequence' } })
    expectTypeOf(write).toEqualTypeOf<Writer<Order>>()
  })

  it('refuses columns that the table does not have', () => {
    // @ts-expect-error: uid
    kyselyWriter({ ...orders, conflict: { on: 'uid', do: 'nothing' } })
    // @ts-expect-error: totals
    kyselyWriter({ ...orders, conflict: { on: 'id', do: 'update', set: ['totals'] } })
    // @ts-expect-error: versions
    kyselyWriter({ ...orders, conflict: { on: 'id', do: 'update', version: 'versions' } })
  })

  it('takes the condition of a partial index, and the name of a constraint', () => {
    kyselyWriter({ ...orders, conflict: { on: 'id', where: { note: null }, do: 'nothing' } })
    kyselyWriter({ ...orders, conflict: { on: 'id', constraint: 'orders_pkey', do: 'update' } })
    // @ts-expect-error: notes
    kyselyWriter({ ...orders, conflict: { on: 'id', where: { notes: null }, do: 'nothing' } })
    // @ts-expect-error: a column that is never null
    kyselyWriter({ ...orders, conflict: { on: 'id', where: { total_cents: null }, do: 'nothing' } })
  })

  it('refuses a column that is never updated', () => {
    // @ts-expect-error: placed_at
    kyselyWriter({ ...orders, conflict: { on: 'id', do: 'update', set: ['placed_at'] } })
  })

  it('refuses options that only an update has', () => {
    // @ts-expect-error: version
    kyselyWriter({ ...orders, conflict: { on: 'id', do: 'fail', version: 'sequence' } })
  })
})
