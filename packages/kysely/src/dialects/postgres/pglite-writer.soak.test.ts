import { randomUUID } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import type { MessageRecord } from '@spillway/message'
import { Kysely, PGliteDialect } from 'kysely'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { kyselyWriter } from '../../index.ts'
import { record, timeLimit } from '../../testing/database.ts'

interface Tables {
  items: { id: string; total: number; tags: string[]; doc: unknown; version: number }
}

let pglite: PGlite
// It starts a whole server in WebAssembly, which takes time.
beforeAll(async () => {
  pglite = await PGlite.create()
}, 120_000)

it('writes to PGlite as to Postgres', async () => {
  await pglite.exec(`create table items (
    id uuid primary key, total int check (total >= 0), tags text[], doc jsonb, version int)`)
  const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) })
  onTestFinished(() => db.destroy())
  const row = ({ body }: MessageRecord<Tables['items']>) => body
  const write = kyselyWriter({
    db,
    insertInto: 'items',
    row,
    conflict: { on: 'id', do: 'update', version: 'version' },
  })
  const body = (total: number, version = 1, id: string = randomUUID()) => ({
    id,
    total,
    tags: ['a', 'b,c'],
    doc: [1, { two: null }],
    version,
  })
  const id = randomUUID()
  const bodies = [body(2, 2, id), body(-1), body(1, 1, id), body(5)]
  const outcomes = await write(
    bodies.map((values) => record(values)),
    timeLimit(),
  )
  expect(outcomes).toMatchObject([
    { kind: 'done' },
    { kind: 'park', reason: { code: '23514' } },
    { kind: 'done' },
    { kind: 'done' },
  ])
  const rows = await db.selectFrom('items').selectAll().orderBy('total').execute()
  expect(rows).toEqual([bodies[0], bodies[3]])
})
