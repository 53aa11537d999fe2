import { createHash } from 'node:crypto'
import { done, type MessageRecord, type Outcome } from '@spillway/message'
import { type Kysely, PostgresDialect, Kysely as Queries, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { inboxMigration } from '../dialects/migrations.ts'
import { type InboxTable, type KyselyTransactionOptions, kyselyTransaction } from '../index.ts'
import { clear, execute, openKysely, record, startDatabase, type TestDatabase } from './database.ts'
import { openTestPool } from './spare-pools.ts'

/** The tables of the tests of transactions. */
export interface Ledger {
  accounts: { id: string; balance: number }
  postings: { id: string; account: string; amount: number }
  spillway_inbox: InboxTable
}

/** The body of their messages: the amount to add to an account. */
export interface Posting {
  readonly account: string
  readonly amount: number
}

/** The tables in any engine, except the inbox. */
export const ledgerTables = [
  'create table accounts (id varchar(64) primary key, balance int not null, constraint solvent check (balance >= 0))',
  `create table postings (
    id varchar(64) primary key, account varchar(64) not null, amount int not null,
    constraint posting_account foreign key (account) references accounts (id)
  )`,
]

/** A message that adds to an account, with its key. */
export function posting(
  key: string,
  body: Partial<Posting> = {},
  facts: Partial<MessageRecord<Posting>> = {},
): MessageRecord<Posting> {
  const full = { account: 'a', amount: 1, ...body }
  const print = createHash('sha256').update(JSON.stringify(full)).digest('hex')
  return record<Posting>(full, { key, lane: key, fingerprint: () => print, ...facts })
}

/** This many postings of 1, with the keys `k0`, `k1` and so on. */
export const manyPostings = (count: number) =>
  Array.from({ length: count }, (_, index) => posting(`k${index}`))

/** Applies postings one by one: an increment, which must not be applied twice, and a row. */
export async function post(trx: Kysely<Ledger>, messages: readonly MessageRecord<Posting>[]): Promise<void> {
  for (const { key, body } of messages) {
    await trx
      .insertInto('postings')
      .values({ id: key, ...body })
      .execute()
    await trx
      .updateTable('accounts')
      .set((eb) => ({ balance: eb('balance', '+', body.amount) }))
      .where('id', '=', body.account)
      .execute()
  }
}

type Options = Partial<KyselyTransactionOptions<Ledger, Posting>>

/** A writer of postings, and the keys of each run of its function. */
export function ledgerWriter(db: Kysely<Ledger>, options: Options = {}) {
  const runs: string[][] = []
  const { transaction = post, ...others } = options
  const write = kyselyTransaction<Ledger, Posting>({
    db,
    ...others,
    transaction(trx, messages) {
      runs.push(messages.map(({ key }) => key))
      return transaction(trx, messages)
    },
  })
  return { write, runs }
}

/** The outcome `done` for each message. */
export const allDone = (messages: readonly unknown[]): Outcome[] => messages.map(() => done())

/** The codes of parked messages, the kinds of the others. */
export const results = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'park' ? outcome.reason.code : outcome.kind))

/** The balance of an account, the number of postings, and the number of keys in the inbox whose effect is committed. */
export async function totals(url: string, account = 'a') {
  const [row] = await execute(
    url,
    `select (select balance from accounts where id = '${account}') as balance,
       (select count(*)::int from postings) as postings,
       (select count(*)::int from spillway_inbox where parked is null) as keys`,
  )
  return row
}

/** A promise, and the function that fulfils it. */
export const gate = () => Promise.withResolvers<void>()

/** Waits until this many connections to a Postgres wait for a lock. */
export async function waitingForLocks(url: string, count: number): Promise<void> {
  const text = `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'`
  while ((await execute(url, text))[0]?.n !== count) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** A Postgres for the tests of a file, with an empty ledger of the accounts `a` and `b` before each test. */
export function useLedger() {
  let database: TestDatabase
  beforeAll(async () => {
    database = await startDatabase()
    for (const table of ledgerTables) await execute(database.url, table)
    const db = new Queries<never>({
      dialect: new PostgresDialect({ pool: openTestPool(database.url, 1).pool }),
    })
    await inboxMigration().up(db)
    await sql`alter table postings alter constraint posting_account deferrable initially immediate`.execute(
      db,
    )
    await db.destroy()
  })
  afterAll(() => database[Symbol.asyncDispose]())
  beforeEach(() =>
    clear(
      database.url,
      ['postings', 'accounts', 'spillway_inbox'],
      `insert into accounts values ('a', 0), ('b', 0)`,
    ),
  )
  return {
    get url() {
      return database.url
    },
    open: (connections = 1, url = database.url) => openKysely<Ledger>(url, connections).db,
  }
}
