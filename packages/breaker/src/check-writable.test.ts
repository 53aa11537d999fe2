import { Client } from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { startDatabase } from '../../kysely/src/testing/database.ts'
import { checkWritable } from './index.ts'
import { timeLimit } from './testing/time-limit.ts'

it('resolves on a writable Postgres, and rejects on a read-only one', async () => {
  await using postgres = await startDatabase({})
  const client = async () => {
    const made = new Client({ connectionString: postgres.url })
    await made.connect()
    onTestFinished(() => made.end().catch(() => undefined))
    return made
  }
  const check = async () => {
    const own = await client()
    await checkWritable(
      'postgres',
      async (text) => (await own.query(text)).rows,
    )(timeLimit()).finally(() => own.end())
  }
  await check()
  const admin = await client()
  await admin.query('alter database test set default_transaction_read_only = on')
  await expect(check()).rejects.toMatchObject({ code: 'SPILLWAY_DATABASE_UNAVAILABLE' })
  await admin.query('alter database test set default_transaction_read_only = off')
  await check()
  await admin.end()
}, 60_000)

const answers = (engine: 'postgres' | 'mysql', ...rows: object[]) =>
  checkWritable(engine, async () => rows)(timeLimit())

it.each<['postgres' | 'mysql', object]>([
  ['postgres', { read_only: 'off', in_recovery: false }],
  ['postgres', { read_only: 'off', in_recovery: 'f' }],
  ['mysql', { read_only: 0, innodb_read_only: 0 }],
  ['mysql', { read_only: '0', innodb_read_only: 0n }],
  ['mysql', { read_only: 'OFF', innodb_read_only: 0 }],
])('treats a response of %s as writable: %o', async (engine, row) => {
  expect(await answers(engine, row)).toBeUndefined()
})

it.each<['postgres' | 'mysql', object[]]>([
  ['postgres', [{ read_only: 'on', in_recovery: false }]],
  ['postgres', [{ read_only: 'off', in_recovery: true }]],
  ['mysql', [{ read_only: 1, innodb_read_only: 0 }]],
  ['mysql', [{ read_only: 0, innodb_read_only: 1 }]],
  ['mysql', [{ read_only: 'ON', innodb_read_only: 0 }]],
  ['mysql', [{ read_only: null, innodb_read_only: 0 }]],
  ['postgres', []],
  ['postgres', [{}]],
])('treats a response of %s as read-only: %o', async (engine, rows) => {
  await expect(answers(engine, ...rows)).rejects.toMatchObject({ code: 'SPILLWAY_DATABASE_UNAVAILABLE' })
})

it('rejects with the error of the query', async () => {
  const error = new Error('refused')
  await expect(checkWritable('mysql', () => Promise.reject(error))(timeLimit())).rejects.toBe(error)
})

it.each([
  ['oracle', () => []],
  ['toString', () => []],
  ['postgres', undefined],
])('rejects %s', (engine, query) => {
  expect(() => checkWritable(engine as never, query as never)).toThrow(
    expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
  )
})
