import { randomUUID } from 'node:crypto'
import type { MessageRecord } from '@spillway/message'
import { CamelCasePlugin, Kysely, MysqlDialect } from 'kysely'
import { describe, expect, it } from 'vitest'
import { kyselyWriter } from '../index.ts'
import { execute, openKysely, record, timeLimit } from '../testing/database.ts'
import { type Item, items, kinds, useItemDatabase } from '../testing/items.ts'

interface Tables {
  papers: { theId: string; tags: string[]; doc: unknown; docs: unknown[]; moods: string; placedAt: Date }
}

describe('declared types', () => {
  const database = useItemDatabase()

  it('replace the catalogue', async () => {
    await execute(
      database.url,
      `create table papers (the_id uuid primary key, tags text[], doc jsonb, docs jsonb[], moods mood[],
         placed_at timestamp with time zone)`,
    )
    const { db, statements } = openKysely<Tables>(database.url)
    const row = ({ body }: MessageRecord<Tables['papers']>) => body
    const write = kyselyWriter({
      db: db.withPlugin(new CamelCasePlugin()),
      insertInto: 'papers',
      row,
      conflict: 'theId',
      types: {
        theId: 'uuid',
        tags: 'text[]',
        doc: 'jsonb',
        docs: 'jsonb[]',
        moods: 'public.mood[]',
        placedAt: 'timestamp with time zone',
      },
    })
    const body = {
      theId: randomUUID(),
      tags: ['a', 'b,c'],
      doc: [1, { two: null }],
      docs: [{ a: 1 }, [2]],
      moods: '{sad}',
      placedAt: new Date('2026-01-02T03:04:05.678Z'),
    }
    expect(await write([record(body)], timeLimit())).toEqual([{ kind: 'done' }])
    expect(statements.some((statement) => statement.includes('pg_attribute'))).toBe(false)
    const [found] = await db.withPlugin(new CamelCasePlugin()).selectFrom('papers').selectAll().execute()
    expect(found).toEqual(body)
  })

  it('that are wrong or missing park nothing', async () => {
    const { db } = openKysely<{ items: Required<Item> }>(database.url)
    const row = ({ body }: MessageRecord<Item>) => ({ id: body.id, total: 1 }) as Required<Item>
    for (const [types, code, message] of [
      [
        { id: 'uuid' },
        'SPILLWAY_TABLE_UNKNOWN',
        /^The option `types` of the writer of "items" has no type for the column "total", which/,
      ],
      [
        { id: 'uuid', total: 'no_such_type' },
        'SPILLWAY_WRITE_FAILED',
        /^The database refuses the write to "items" \(SQLSTATE 42704: type "no_such_type\[\]" does not exist\)/,
      ],
    ] as const) {
      const write = kyselyWriter({ db, insertInto: 'items', row, conflict: 'id', types })
      const outcomes = await write(items(3), timeLimit())
      expect(kinds(outcomes)).toEqual(['retry'])
      expect(outcomes[0]).toMatchObject({ cause: { code, message: expect.stringMatching(message) } })
    }
  })

  const db = { insertInto() {}, withoutPlugins() {} } as unknown as Kysely<{ items: { id: string } }>
  const row = () => ({ id: '' })
  it.each([{}, { id: 1 }, { id: 'uuid; drop table items' }, { id: 'varchar(3)' }, { id: 'text)' }, 'text'])(
    'are refused: %o',
    (types) => {
      expect(() =>
        kyselyWriter({ db, insertInto: 'items', row, conflict: 'id', types: types as never }),
      ).toThrow(expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }))
    },
  )

  it('are only for Postgres', () => {
    const pool = async () => ({}) as never
    const db = new Kysely<{ items: { id: string } }>({ dialect: new MysqlDialect({ pool }) })
    expect(() =>
      kyselyWriter({ db, insertInto: 'items', row, conflict: 'id', types: { id: 'text' } }),
    ).toThrow(expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }))
  })
})
