import type { MessageRecord } from '@spillway/message'
import { expect, it, onTestFinished } from 'vitest'
import { kyselyWriter } from '../../index.ts'
import { timeLimit } from '../../testing/database.ts'
import { type Item, items } from '../../testing/items.ts'
import { connectMysql, describeMysql, executeMysql, openMysql, queryMysql } from '../../testing/mysql.ts'

describeMysql('a slow MariaDB', (database) => {
  const run = (text: string) => executeMysql(database.url, text)
  const writer = async (name: string) => {
    await run(`create table ${name} (id char(36) primary key, total int)`)
    const { db } = openMysql<Record<string, { id: string; total: number }>>(database.url)
    const row = ({ body: { id } }: MessageRecord<Item>) => ({ id, total: 1 })
    return kyselyWriter({ db, insertInto: name, row, conflict: 'id' })
  }

  it('that takes 20 ms a row writes a part of each batch for which the time is too short', async () => {
    const write = await writer('slow')
    await write(items(1), timeLimit())
    await run('create trigger delay before insert on slow for each row do sleep(0.02)')
    const done: number[] = []
    for (let batch = 0; batch < 4; batch += 1) {
      const outcomes = await write(items(150), timeLimit(3_000))
      done.push(outcomes.filter(({ kind }) => kind === 'done').length)
    }
    expect(Math.min(...done)).toBeGreaterThan(0)
    expect(done.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(135)
  })

  it('with a lock on one row writes its batch-mates, and with a lock on all it is an outage', async () => {
    const write = await writer('locked')
    await write(items(1), timeLimit())
    const locker = await connectMysql(database.url)
    onTestFinished(() => locker.destroy())
    const batch = items(20)
    await queryMysql(locker, `begin; insert into locked values ('${batch[7]?.body.id}', 7)`)
    const outcomes = await write(batch, timeLimit(12_000))
    expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(19)
    expect(outcomes[7]).toMatchObject({ kind: 'retry', cause: { cause: { errno: 1205 } } })
    expect(outcomes[7]).not.toHaveProperty('unavailable')
    await queryMysql(locker, 'rollback; lock tables locked write')
    for (const outcome of await write(items(5), timeLimit(2_000))) {
      expect(outcome).toMatchObject({ kind: 'retry', unavailable: true })
    }
  })
})
