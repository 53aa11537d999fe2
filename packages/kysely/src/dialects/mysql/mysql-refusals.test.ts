import type { MessageRecord } from '@spillway/message'
import { expect, it } from 'vitest'
import { kyselyWriter } from '../../index.ts'
import { record, timeLimit } from '../../testing/database.ts'
import { describeMysql, executeMysql, openMysql } from '../../testing/mysql.ts'

interface Text {
  id: string
  text: string | null
}

describeMysql('the writer does not send to MariaDB', (database) => {
  const run = (text: string) => executeMysql(database.url, text)
  function open(table: string) {
    const { db, inserts } = openMysql<Record<string, Text>>(database.url)
    const row = ({ body }: MessageRecord<Text>) => body
    return { write: kyselyWriter({ db, insertInto: table, row, conflict: 'id' }), inserts, db }
  }
  const refused = (why: string) => ({
    kind: 'retry',
    cause: { code: 'SPILLWAY_WRITE_FAILED', message: expect.stringContaining(why) },
  })

  it.each(['MyISAM', 'Aria'])('a row for a table of %s', async (engine) => {
    await run(`create table ${engine}s (id varchar(36) primary key, text text not null) engine = ${engine}`)
    const { write, inserts } = open(`${engine}s`)
    const batch = [record({ id: 'a', text: 'x' }), record({ id: 'b', text: null })]
    const why = `its storage engine ${engine} is not transactional`
    expect(await write(batch, timeLimit())).toMatchObject([refused(why), refused(why)])
    expect(inserts).toEqual([])
    expect(await run(`select count(*) as n from ${engine}s`)).toEqual([{ n: 0 }])
  })

  it('a row in a session with another end of texts', async () => {
    await run('create table plain (id varchar(36) primary key, text text)')
    const { write, inserts, db } = open('plain')
    await db.connection().execute(async (connection) => {
      const { sql } = await import('kysely')
      await sql`set session sql_mode = concat(@@sql_mode, ',NO_BACKSLASH_ESCAPES')`.execute(connection)
    })
    const injected = record({ id: 'a', text: "line\nbreak\\', null), ('b', 'x') -- " })
    expect(await write([injected], timeLimit())).toMatchObject([refused('NO_BACKSLASH_ESCAPES')])
    expect(inserts).toEqual([])
    expect(await run('select count(*) as n from plain')).toEqual([{ n: 0 }])
  })

  it('a row that is larger than the largest packet, which is parked with the reason', async () => {
    await run('create table texts (id varchar(36) primary key, `text` longtext)')
    const { write, inserts } = open('texts')
    const [packet] = await run('select @@max_allowed_packet as size')
    const size = Number(packet?.size)
    const outcomes = await write(
      [
        record({ id: 'a', text: 'x' }),
        record({ id: 'b', text: 'y'.repeat(size + 4 * 2 ** 20) }),
        // It is too large after the driver has escaped it.
        record({ id: 'c', text: "'".repeat(size / 2) }),
        record({ id: 'd', text: 'z'.repeat(size - 1_000) }),
        record({ id: 'e', text: 'x' }),
      ],
      timeLimit(),
    )
    expect(outcomes).toMatchObject([
      { kind: 'done' },
      { kind: 'park', reason: { code: 'MYSQL_1153', detail: tooLarge(size + 4 * 2 ** 20, size) } },
      { kind: 'park', reason: { code: 'MYSQL_1153', detail: tooLarge(size, size) } },
      { kind: 'done' },
      { kind: 'done' },
    ])
    // Rows that are too large were not sent.
    expect(inserts).toHaveLength(3)
    expect((await run('select id from texts order by id')).map(({ id }) => id)).toEqual(['a', 'd', 'e'])
  })
})

const tooLarge = (atLeast: number, most: number) => {
  const digits = (bytes: number) => bytes.toLocaleString('en').slice(0, 4)
  return expect.stringMatching(
    new RegExp(
      `^The database refuses the row: it takes ${digits(atLeast)}[\\d,]* bytes as a statement, and max_allowed_packet of the server is ${most.toLocaleString('en')}\\.$`,
    ),
  )
}
