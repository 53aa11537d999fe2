import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type DialectAdapter,
  DummyDriver,
  Kysely,
  MssqlAdapter,
  PostgresAdapter,
  PostgresDialect,
  PostgresQueryCompiler,
  SqliteAdapter,
} from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { kyselyTransaction, kyselyWriter } from '../index.ts'
import { dialectOf } from './dialects.ts'

const dialect = new PostgresDialect({ pool: async () => ({}) as never })

function withAdapter(adapter: DialectAdapter): Kysely<object> {
  return new Kysely({
    dialect: {
      createAdapter: () => adapter,
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}

it('recognizes the dialects of a second copy of kysely', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kysely-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const own = dirname(dirname(fileURLToPath(import.meta.resolve('kysely'))))
  await cp(own, folder, { recursive: true, dereference: true })
  const copy: typeof import('kysely') = await import(
    /* @vite-ignore */ pathToFileURL(join(folder, 'dist', 'index.js')).href
  )
  expect(copy.PostgresAdapter).not.toBe(PostgresAdapter)
  const dialects = [
    [new copy.PostgresDialect({ pool: async () => ({}) as never }), 'postgres'],
    [new copy.MysqlDialect({ pool: async () => ({}) as never }), 'mysql'],
  ] as const
  for (const [dialect, name] of dialects) {
    const db = new copy.Kysely<{ items: { id: string } }>({ dialect })
    expect(dialectOf('test', db).name).toBe(name)
    kyselyWriter({ db, insertInto: 'items', row: ({ key }) => ({ id: key }), conflict: 'id' })
    kyselyTransaction({ db, transaction: async () => undefined })
  }
})

it('recognizes an adapter whose class a bundler has numbered, and subclasses of it', () => {
  class PostgresAdapter2 extends MssqlAdapter {}
  class OwnAdapter extends PostgresAdapter2 {}
  expect(dialectOf('test', withAdapter(new PostgresAdapter2())).name).toBe('postgres')
  expect(dialectOf('test', withAdapter(new OwnAdapter())).name).toBe('postgres')
  expect(dialectOf('test', withAdapter(new (class extends PostgresAdapter {})())).name).toBe('postgres')
})

it('refuses any other dialect, and mentions that it may be a second copy', () => {
  for (const adapter of [new MssqlAdapter(), new SqliteAdapter()]) {
    expect(() => dialectOf('kyselyWriter', withAdapter(adapter))).toThrow(
      /^kyselyWriter: the option `db` must be a Kysely with the dialect of Postgres .* or MySQL .* a second copy of kysely .*`npm ls kysely`/,
    )
  }
})
