import { CamelCasePlugin, Kysely, MysqlDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { createPool } from 'mysql2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inboxMigration } from '../index.ts'
import { execute, openKysely, startDatabase, timeLimit } from '../testing/database.ts'
import { documentedTable } from '../testing/documented-table.ts'
import { type Ledger, ledgerWriter, posting, results } from '../testing/ledger.ts'
import { describeMysql, executeMysql } from '../testing/mysql.ts'

describe('inboxMigration on Postgres', () => {
  let database: Awaited<ReturnType<typeof startDatabase>>
  beforeAll(async () => {
    database = await startDatabase()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const columns = (table: string) =>
    execute(
      database.url,
      `select attname, atttypid::regtype, attnotnull, pg_get_expr(adbin, adrelid) as value, (
         select array_agg(definition order by definition) from (
           select replace(pg_get_indexdef(indexrelid), '${table}', 't') as definition from pg_index
           where indrelid = attrelid
         )) as indexes
       from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
       where attrelid = '${table}'::regclass and attnum > 0 order by attnum`,
    )

  it('is the SQL of the guide', async () => {
    await inboxMigration().up(openKysely<Ledger>(database.url).db)
    const table = await documentedTable('transactions', 'Postgres', 'spillway_inbox', 'by_hand')
    await execute(database.url, table)
    const expected = await columns('spillway_inbox')
    expect(expected).toHaveLength(6)
    expect(await columns('by_hand')).toStrictEqual(expected)
  })

  it('is applied and reverted under any name, with any plugins', async () => {
    await execute(database.url, 'create schema ops')
    const { db } = openKysely<Ledger>(database.url)
    const plugged = db.withPlugin(new CamelCasePlugin({ upperCase: true }))
    const provider = { getMigrations: async () => ({ '001': inboxMigration('ops.seenKeys') }) }
    const migrator = new Migrator({ db: plugged, provider })
    expect((await migrator.migrateToLatest()).error).toBeUndefined()
    const { write } = ledgerWriter(db, { inbox: 'ops.seenKeys', transaction: async () => undefined })
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
    expect((await migrator.migrateDown()).error).toBeUndefined()
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['retry'])
  })
})

describeMysql('inboxMigration on MySQL or MariaDB', (database) => {
  it('is the SQL of the guide, and can be reverted', async () => {
    const shown = async (table: string) => {
      const [row] = await executeMysql(database.url, `show create table ${table}`)
      return String(row?.['Create Table']).replace(table, 't')
    }
    const db = new Kysely<never>({ dialect: new MysqlDialect({ pool: createPool(database.url) }) })
    await inboxMigration().up(db)
    const table = await documentedTable('transactions', 'MySQL', 'spillway_inbox', 'by_hand')
    await executeMysql(database.url, table)
    expect(await shown('spillway_inbox')).toContain('PRIMARY KEY')
    expect(await shown('by_hand')).toBe(await shown('spillway_inbox'))
    await inboxMigration().down(db)
    await db.destroy()
    expect(await executeMysql(database.url, `show tables like 'spillway_inbox'`)).toEqual([])
  })
})
