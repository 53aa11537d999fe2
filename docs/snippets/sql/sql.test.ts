import { randomUUID } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Postgres, startPostgres } from '@spillway/local/testing'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startDatabase } from '../testing/mysql-database.ts'

// The SQL of the pages is run on a real server, statement by statement.

const docs = join(import.meta.dirname, '..', '..')

interface Block {
  readonly page: string
  readonly text: string
  readonly isMysql: boolean
}

/** The SQL of all pages, but that of files, which docs.test.ts compares and others run. */
function blocks(): readonly Block[] {
  return globSync('{*,*/*}.md', { cwd: docs, exclude: ['node_modules/**', 'reference/api/**'] })
    .sort()
    .flatMap((page) => {
      const text = readFileSync(join(docs, page), 'utf8')
      return [...text.matchAll(/^( *)```sql\n([\s\S]*?)^ *```/gm)]
        .filter(({ index }) => !text.slice(0, index).trimEnd().endsWith('-->'))
        .map(([, indent = '', code = ''], position) => ({
          page: `${page}, block ${position + 1}`,
          text: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
          isMysql: /max_user_connections|processlist|engine = |lock = |AWSAuthentication|mysql_errno/i.test(
            code,
          ),
        }))
    })
}

function statementsOf(text: string): readonly string[] {
  return text
    .replaceAll(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}

/** Triggers have statements of their own inside; triggers.test.ts runs these. */
const isTrigger = ({ text }: Block) => /\bcreate (trigger|function)\b/i.test(text)
const all = blocks().filter((block) => !isTrigger(block))

describe('Postgres', () => {
  let postgres: Postgres
  let client: pg.Client
  beforeAll(async () => {
    postgres = await startPostgres({ databaseName: 'docs' })
    client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    // Roles that the pages take for granted: that of the migrations, and the one that RDS has.
    await client.query('create role migrations; create role rds_iam')
  })
  afterAll(async () => {
    await client?.end()
    await postgres?.stop()
  })

  it.each(all.filter(({ isMysql }) => !isMysql))('runs the SQL of $page', async ({ text }) => {
    const role = `app_${randomUUID().slice(0, 8)}`
    await client.query(`drop table if exists orders; create table orders (customer text)`)
    if (!text.includes('create role')) await client.query(`create role ${role} login`)
    for (const statement of statementsOf(text)) await client.query(statement.replaceAll(/\bapp\b/g, role))
  })
})

it('is found on the pages', () => {
  expect(all.filter(({ isMysql }) => isMysql).length).toBeGreaterThanOrEqual(5)
  expect(all.filter(({ isMysql }) => !isMysql).length).toBeGreaterThanOrEqual(5)
})

const mysqlUrl = process.env.SPILLWAY_TEST_MYSQL_URL
if (mysqlUrl !== undefined) {
  // Only Aurora and RDS have the plugin.
  const runnable = all.filter(({ isMysql, text }) => isMysql && !text.includes('AWSAuthenticationPlugin'))
  it.each(runnable)('MySQL runs the SQL of $page', async ({ text }) => {
    const { db, stop } = await startDatabase(mysqlUrl)
    onTestFinished(stop)
    const user = `app_${randomUUID().slice(0, 8)}`
    await sql`create table orders (id int primary key, customer varchar(64))`.execute(db)
    await sql.raw(`create user ${user}`).execute(db)
    onTestFinished(async () => void (await sql.raw(`drop user ${user}`).execute(db)))
    for (const statement of statementsOf(text)) {
      // The server is shared with other tests, so what is set for all sessions is set for this one.
      const own = statement.replaceAll(/\bapp\b/g, user).replaceAll('set global', 'set session')
      await sql.raw(own).execute(db)
    }
  })
}
