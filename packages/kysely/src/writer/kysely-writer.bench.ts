import { type BenchGroup, type Contestant, defineBench, type Goal, type Stage } from '@spillway/bench'
import { startPostgres, startReaper } from '@spillway/local/testing'
import type { MessageRecord, TimeLimit } from '@spillway/message'
import { Kysely, PostgresDialect } from 'kysely'
import { Client, Pool } from 'pg'
import { from } from 'pg-copy-streams'
import { connectionLimit, kyselyWriter, postgresPool } from '../index.ts'

interface Row {
  readonly id: string
  readonly tenant: string
  readonly kind: string
  readonly amount: number
  readonly payload: string
  readonly created_at: Date
}

const columns = ['id', 'tenant', 'kind', 'amount', 'payload', 'created_at'] as const
const tables = ['spillway', 'bounded', 'unnest', 'copy', 'kysely_values', 'rows', 'autocommit'] as const
type Database = Record<(typeof tables)[number], Row>

const limit: TimeLimit = { signal: new AbortController().signal, remainingTime: () => 60_000 }
const payload = JSON.stringify({ note: 'x'.repeat(200) })
let counter = 0

/** New rows each time. */
function freshRows(count: number): Row[] {
  return Array.from({ length: count }, () => {
    counter++
    const id = `00000000-0000-7000-8000-${counter.toString(16).padStart(12, '0')}`
    return {
      id,
      tenant: `t${counter % 50}`,
      kind: 'order',
      amount: counter % 1000,
      payload,
      created_at: new Date(0),
    }
  })
}

function toRecord(body: Row): MessageRecord<Row> {
  const { id } = body
  return { name: 'event', version: 1, key: id, time: body.created_at, body, receiveCount: 1, lane: id }
}

/** The statement by hand: one array for each column. */
const rawUnnest = `insert into "unnest" (${columns.join(', ')})
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::jsonb[], $6::timestamptz[])
  on conflict (id) do nothing`

const oneRow = (table: string) =>
  `insert into "${table}" (${columns.join(', ')}) values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing`

/** The limit for rows in a table is `COPY`. */
function goalsFor(count: number): readonly Goal[] {
  const contestant = '`kyselyWriter`'
  if (count < 100) return [{ contestant, ratio: 1.1 }]
  if (count === 100) return [{ contestant, ratio: 0.9 }]
  return [
    { contestant, ratio: 0.8 },
    { contestant, ratio: 1.3, against: '`COPY`' },
  ]
}

function groupOf(count: number): BenchGroup {
  return {
    name: `Writing batches of ${count.toLocaleString('en')}`,
    about: `Rows of six columns with a payload of about 220 bytes in \`jsonb\`, a primary key and one more index, on the embedded Postgres (a process of its own, \`fsync\` on, which keeps its memory from one statement to the next), through one connection. All but \`COPY\`, which knows no conflicts, leave a row alone that is there already.`,
    operation: count === 1 ? 'row' : `batch of ${count.toLocaleString('en')}`,
    baseline: 'raw `unnest`',
    goal: goalsFor(count),
    rounds: count < 1000 ? 31 : 41,
    // The speed of the disk varies, so large batches are compared one by one.
    operations: count < 1000 ? Math.min(50, 4000 / count) : 1,
    ...(count < 1000 ? {} : { collect: 'young' }),
    units: { name: 'row', count },
    packages: ['kysely', 'pg', 'pg-copy-streams'],
    start: () => start(count),
  }
}

async function start(count: number): Promise<Stage> {
  const reaper = await startReaper()
  const postgres = await startPostgres({ maxConnections: 20, reserved: 3, databaseName: 'bench', reaper })
  const client = await connect(postgres.url)
  const db = open(postgres.url)
  const bounded = open(postgres.url, { statement_timeout: 30_000 })
  return {
    contestants: [
      byWriter('`kyselyWriter`', count, db, 'spillway'),
      byWriter('`kyselyWriter`, the session has a `statement_timeout`', count, bounded, 'bounded'),
      byUnnest(count, client),
      byCopy(count, client),
      byKysely(count, db),
      ...rowByRow(count, client),
    ],
    async stop() {
      await db.destroy()
      await bounded.destroy()
      await client.end()
      await postgres.stop()
      await reaper.stop()
    },
  }
}

/** A connection to a database with the tables. */
async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString })
  await client.connect()
  for (const table of tables) {
    await client.query(
      `create table "${table}" (id uuid primary key, tenant text not null, kind text not null,
       amount int not null, payload jsonb not null, created_at timestamptz not null);
       create index on "${table}" (tenant, created_at)`,
    )
  }
  return client
}

/** A pool with a limit of its own: pools that share a limit of 1 close each other's connection. */
function open(connectionString: string, config: object = {}): Kysely<Database> {
  const pool = postgresPool({ Pool, connectionString, limit: connectionLimit(), config })
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}

function byWriter(name: string, count: number, db: Kysely<Database>, table: keyof Database): Contestant {
  const write = kyselyWriter({
    db,
    insertInto: table,
    row: (message: MessageRecord<Row>) => message.body,
    conflict: 'id',
  })
  return {
    name,
    async run() {
      const outcomes = await write(freshRows(count).map(toRecord), limit)
      if (outcomes.some(({ kind }) => kind !== 'done')) throw new Error('a row was not written')
    },
  }
}

function byUnnest(count: number, client: Client): Contestant {
  return {
    name: 'raw `unnest`',
    async run() {
      const rows = freshRows(count)
      const arrays = columns.map((column) => rows.map((row) => row[column]))
      const { rowCount } = await client.query(rawUnnest, arrays)
      if (rowCount !== count) throw new Error('a row was not written')
    },
  }
}

function byCopy(count: number, client: Client): Contestant {
  const lineOf = (row: Row) =>
    [row.id, row.tenant, row.kind, row.amount, row.payload, row.created_at.toISOString()].join('\t')
  return {
    name: '`COPY`',
    async run() {
      const stream = client.query(from(`copy "copy" (${columns.join(', ')}) from stdin`))
      const lines = freshRows(count).map(lineOf)
      await new Promise<void>((resolve, reject) => {
        stream.on('finish', resolve)
        stream.on('error', reject)
        stream.end(`${lines.join('\n')}\n`)
      })
    },
  }
}

function byKysely(count: number, db: Kysely<Database>): Contestant {
  return {
    name: 'Kysely `values`',
    async run() {
      await db
        .insertInto('kysely_values')
        .values(freshRows(count))
        .onConflict((target) => target.column('id').doNothing())
        .execute()
    },
  }
}

function rowByRow(count: number, client: Client): readonly Contestant[] {
  const insert = async (table: string, rows: readonly Row[]) => {
    for (const row of rows) await client.query(oneRow(table), Object.values(row))
  }
  return [
    {
      name: 'a statement for each row, in a transaction',
      async run() {
        await client.query('begin')
        await insert('rows', freshRows(count))
        await client.query('commit')
      },
    },
    {
      name: 'a statement for each row, each committed',
      run: () => insert('autocommit', freshRows(count)),
    },
  ]
}

export const bench = defineBench(...[1, 10, 100, 1000, 5000].map(groupOf))
