import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import { createPool } from 'mysql2'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { inboxMigration } from '../dialects/migrations.ts'
import { kyselyTransaction, kyselyWriter, mysqlPool, postgresPool } from '../index.ts'
import { execute, record, startDatabase, timeLimit } from '../testing/database.ts'

let database: Awaited<ReturnType<typeof startDatabase>>
beforeAll(async () => {
  database = await startDatabase()
  await execute(database.url, 'create table items (id text primary key)')
  const db = new Kysely<never>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: database.url }) }),
  })
  await inboxMigration().up(db)
  await db.destroy()
})
afterAll(() => database[Symbol.asyncDispose]())

type Options = Partial<Parameters<typeof postgresPool<object>>[0]>

/** The outcomes of a writer and a transaction with these pool options, and the number of sockets that are left open. */
async function outcomesWith(options: Options) {
  const pool = postgresPool({ Pool, connectionString: database.url, ...options })
  const db = new Kysely<{ items: { id: string } }>({ dialect: new PostgresDialect({ pool }) })
  onTestFinished(() => db.destroy())
  const write = kyselyWriter({ db, insertInto: 'items', row: ({ key }) => ({ id: key }), conflict: 'id' })
  const transact = kyselyTransaction({ db, transaction: async () => undefined })
  const message = record({}, { receiveCount: 9 })
  return [...(await write([message], timeLimit(5_000))), ...(await transact([message], timeLimit(5_000)))]
}

const invalid = (said: string | RegExp) => ({
  kind: 'retry',
  cause: { code: 'SPILLWAY_OPTION_INVALID', message: expect.stringMatching(said) },
})

describe('options that do not allow a connection', () => {
  it.each<[string, (url: string) => Options, RegExp]>([
    [
      'a missing sslrootcert',
      (url) => ({ connectionString: `${url}?sslmode=verify-full&sslrootcert=/nope.pem` }),
      /postgresPool: .*'\/nope\.pem'.* TLS/,
    ],
    ['a missing sslcert', (url) => ({ connectionString: `${url}?sslcert=/nope.pem` }), /'\/nope\.pem'/],
    ['a folder for a file', (url) => ({ connectionString: `${url}?sslrootcert=/` }), /EISDIR/],
    [
      'TLS to a server without it',
      (url) => ({ connectionString: url, config: { ssl: true } }),
      /does not support SSL/,
    ],
    [
      'an invalid option of TLS',
      (url) => ({ connectionString: `${url}?sslnegotiation=nonsense` }),
      /sslnegotiation/,
    ],
    [
      'an invalid port',
      () => ({ connectionString: 'postgres://u:secret@127.0.0.1:99999/db' }),
      /Invalid URL/,
    ],
    [
      'an invalid port as a parameter',
      (url) => ({ connectionString: `${url}?port=99999` }),
      /Port should be/,
    ],
    ['an invalid URL', () => ({ connectionString: 'postgres://u:secret@[127/db' }), /Invalid URL/],
  ])('are distinguished from an outage: %s', async (_, options, said) => {
    const start = performance.now()
    const outcomes = await outcomesWith(options(database.url))
    expect(outcomes).toMatchObject([invalid(said), invalid(said)])
    expect(JSON.stringify(outcomes)).not.toContain('secret')
    // The writer does not wait.
    expect(performance.now() - start).toBeLessThan(3_000)
  })

  it('leave no socket counted', async () => {
    const pool = postgresPool({ Pool, connectionString: `${database.url}?port=99999` })
    onTestFinished(() => pool.end())
    for (let count = 0; count < 3; count += 1) {
      await expect(pool.connect()).rejects.toMatchObject({ code: 'SPILLWAY_OPTION_INVALID' })
    }
    await expect.poll(() => pool.limit.open).toBe(0)
  })

  it('include a setting that the server refuses', async () => {
    const outcomes = await outcomesWith({ config: { statement_timeout: 'soon' } })
    expect(outcomes).toMatchObject([
      { kind: 'retry', cause: { code: 'SPILLWAY_WRITE_FAILED' } },
      { kind: 'retry', cause: { code: 'SPILLWAY_WRITE_FAILED' } },
    ])
  })

  it.each([['host=localhost dbname=shop'], ['jdbc:postgresql://db/shop'], ['mysql://db/shop'], ['shop']])(
    'are refused at once if the URL is not one of Postgres: %s',
    (connectionString) => {
      expect(() => postgresPool({ Pool, connectionString })).toThrow(
        'postgresPool: the option `connectionString` must be a URL (postgres://user@host:5432/database) or the path of a socket.',
      )
    },
  )

  it('are refused at once by mysqlPool, without the password in the error', () => {
    const make = () => mysqlPool({ createPool, uri: 'mysql://u:secret@[127/db' })
    expect(make).toThrow(/^mysqlPool: its options do not allow a connection \(Invalid URL\)/)
    expect(() => mysqlPool({ createPool, config: { ssl: 'Nonsense' } })).toThrow(/Unknown SSL profile/)
    try {
      make()
    } catch (error) {
      expect(JSON.stringify(error, ['cause', 'input', 'base', 'message'])).not.toContain('secret')
    }
  })

  it('are reported by a transaction whose pool provides no connection, regardless of the error', async () => {
    const db = new Kysely<object>({
      dialect: new MysqlDialect({
        pool: {
          getConnection: (callback) => callback(new Error('no token'), {} as never),
          end: () => undefined,
        },
      }),
    })
    const transact = kyselyTransaction({ db, transaction: async () => undefined })
    expect(await transact([record({})], timeLimit())).toMatchObject([
      {
        kind: 'retry',
        cause: {
          code: 'SPILLWAY_WRITE_FAILED',
          message: /^No transaction could begin/,
          cause: { message: 'no token' },
        },
      },
    ])
  })
})

describe('PgBouncer', () => {
  // The answer of PgBouncer 1.18: FATAL, 08P01.
  it.each([
    ['unsupported startup parameter: statement_timeout'],
    ['unsupported startup parameter in options: statement_timeout'],
  ])('that refuses a startup parameter is distinguished from an outage: %s', async (message) => {
    await using bouncer = await startRefusing({ S: 'FATAL', V: 'FATAL', C: '08P01', M: message })
    const outcomes = await outcomesWith({
      connectionString: bouncer.url,
      config: { statement_timeout: 5_000 },
    })
    const told = invalid(
      /^PgBouncer refuses the startup parameter `statement_timeout`: .*`config`.*alter role/,
    )
    expect(outcomes).toMatchObject([told, told])
  })

  it('that has no server makes the writer wait', async () => {
    const fields = { S: 'FATAL', V: 'FATAL', C: '08P01', M: 'pgbouncer cannot connect to server' }
    await using bouncer = await startRefusing(fields)
    const [outcome] = await outcomesWith({ connectionString: bouncer.url })
    expect(outcome).toMatchObject({ kind: 'retry', cause: { code: 'SPILLWAY_DATABASE_UNAVAILABLE' } })
  })
})

/** A server that answers each start of a session with an error ("Message Formats" of Postgres, ErrorResponse). */
async function startRefusing(fields: Readonly<Record<string, string>>) {
  const body = Buffer.from(
    `${Object.entries(fields)
      .map(([type, text]) => `${type}${text}\0`)
      .join('')}\0`,
  )
  const head = Buffer.from('E\0\0\0\0')
  head.writeInt32BE(body.length + 4, 1)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(Buffer.concat([head, body])))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `postgres://app:app@127.0.0.1:${(server.address() as AddressInfo).port}/app`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
