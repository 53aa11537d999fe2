import type { ParkedStore, StatusSource } from '@spillway/message'
import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { expectTypeOf, it } from 'vitest'
import { parkedMigration } from '../dialects/migrations.ts'
import { kyselyParkedStore, kyselyStatus } from '../index.ts'

interface Database {
  orders: { id: string; customer: string }
  'shop.inbox': { message_key: string; message_name: string }
}
declare const db: Kysely<Database>

it('is a status source of any table and column', () => {
  const parked = kyselyParkedStore({ db })
  expectTypeOf(kyselyStatus({ db, table: 'orders', key: 'id', parked })).toEqualTypeOf<StatusSource>()
  expectTypeOf(kyselyStatus({ db, table: 'shop.inbox', key: 'message_key' })).toEqualTypeOf<StatusSource>()
})

it('accepts a column of the table for the name', () => {
  kyselyStatus({ db, table: 'shop.inbox', key: 'message_key', name: 'message_name' })
  // @ts-expect-error: a column of another table
  kyselyStatus({ db, table: 'shop.inbox', key: 'message_key', name: 'customer' })
})

it('refuses a table that does not exist', () => {
  // @ts-expect-error: order
  kyselyStatus({ db, table: 'order', key: 'id' })
})

it('refuses a column that the table does not have', () => {
  // @ts-expect-error: uid
  kyselyStatus({ db, table: 'orders', key: 'uid' })
  // @ts-expect-error: a column of another table
  kyselyStatus({ db, table: 'orders', key: 'message_key' })
})

it('refuses an invalid parked store', () => {
  // @ts-expect-error: no find
  kyselyStatus({ db, table: 'orders', key: 'id', parked: {} })
})

it('accepts a parked store whose table is not in the type of the database', () => {
  expectTypeOf(kyselyParkedStore({ db, table: 'ops.parked' })).toExtend<ParkedStore>()
})

it('has a migration for the Migrator', () => {
  expectTypeOf(parkedMigration('ops.parked')).toExtend<Migration>()
})
