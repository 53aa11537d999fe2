import { readFile } from 'node:fs/promises'
import { CamelCasePlugin, Kysely, MysqlDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { createPool } from 'mysql2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inboxMigration } from '../index.ts'
import { execute, openKysely, startDatabase, timeLimit } from '../testing/database.ts'
import { type Ledger, ledgerWriter, posting, results } from '../testing/ledger.ts'
import { describeMysql, executeMysql } from '../testing/mysql.ts'

/** The statement of the README that makes the inbox of an engine, for a table of another name. */
async function fromReadme(engine: string, table: string): Promise<string> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const [, text] =
    new RegExp(`-- ${engine}\\n(create table spillway_inbox[\\s\\S]*?)\`\`\``).exec(readme) ?? []
  if (text === undefined) throw new Error(`the README has no inbox of ${engine}`)
  return text.replaceAll('spillway_inbox', table)
}

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

  it('is the SQL of the README', async () => {
    await inboxMigration().up(openKysely<Ledger>(database.url).db)
    await execute(database.url, await fromReadme('Postgres', 'by_hand'))
    const expected = await columns('spillway_inbox')
    expect(expected).toHaveLength(6)
    expect(await columns('by_hand')).toStrictEqual(expected)
  })

  it('goes up and down under any name, whatever the plugins', async () => {
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
  it('is the SQL of the README, and goes down', async () => {
    const shown = async (table: string) => {
      const [row] = await executeMysql(database.url, `show create table ${table}`)
      return String(row?.['Create Table']).replace(table, 't')
    }
    const db = new Kysely<never>({ dialect: new MysqlDialect({ pool: createPool(database.url) }) })
    await inboxMigration().up(db)
    await executeMysql(database.url, await fromReadme('MySQL, MariaDB', 'by_hand'))
    expect(await shown('spillway_inbox')).toContain('PRIMARY KEY')
    expect(await shown('by_hand')).toBe(await shown('spillway_inbox'))
    await inboxMigration().down(db)
    await db.destroy()
    expect(await executeMysql(database.url, `show tables like 'spillway_inbox'`)).toEqual([])
  })
})
