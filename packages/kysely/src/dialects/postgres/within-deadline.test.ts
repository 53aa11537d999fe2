import { expect, it } from 'vitest'
import { kyselyParkedStore, kyselyStatus } from '../../index.ts'
import { execute, openKysely, timeLimit } from '../../testing/database.ts'
import { freezingProxy } from '../../testing/freezing-proxy.ts'
import { parked, useParkedDatabase } from '../../testing/parked.ts'

const database = useParkedDatabase()

/** The open transactions of other sessions. */
const open = () =>
  execute(
    database.url,
    `select state from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null`,
  )

// Lambda freezes an environment after its handler has answered, even if statements are running on its connections.
it.each(['insert into', 'commit'])('a put that is frozen before its %s holds no lock', async (text) => {
  const { db } = openKysely<Record<never, never>>(await freezingProxy(database.url, text))
  const store = kyselyParkedStore({ db })
  await expect(store.put(parked(), timeLimit(1_000))).rejects.toMatchObject({ code: 'SPILLWAY_DEADLINE' })
  expect(await open()).toStrictEqual([{ state: 'idle in transaction' }])
  await expect.poll(open).toStrictEqual([])
  const other = kyselyParkedStore({ db: openKysely<Record<never, never>>(database.url).db })
  await other.put(parked(), timeLimit(2_000))
})

it('a read that is frozen after its answer holds no lock on the table', async () => {
  const { db } = openKysely<{ spillway_parked: { key: string } }>(await freezingProxy(database.url, 'commit'))
  const { find } = kyselyStatus({ db, table: 'spillway_parked', key: 'key' })
  await expect(find('any', 'a', timeLimit(1_000))).rejects.toMatchObject({
    code: 'SPILLWAY_STATUS_UNAVAILABLE',
  })
  await expect.poll(open).toStrictEqual([])
  await execute(database.url, `set lock_timeout = '1s'; alter table spillway_parked add column note text`)
})

it.each([
  // The store's own time-out is 2.6 s.
  ['500ms', 2_500],
  ['1min', 20_000],
  ['0', 20_000],
])(
  'a time-out of an idle transaction that is shorter than the store’s own stays: %s',
  async (setting, longest) => {
    const url = new URL(await freezingProxy(database.url, 'commit'))
    url.searchParams.set('options', `-c idle_in_transaction_session_timeout=${setting}`)
    const store = kyselyParkedStore({ db: openKysely<Record<never, never>>(url.href).db })
    const start = performance.now()
    const putting = store.put(parked(), timeLimit(2_000)).catch(() => undefined)
    await expect.poll(open, { interval: 5 }).toHaveLength(1)
    await expect.poll(open, { timeout: 20_000, interval: 20 }).toStrictEqual([])
    expect(performance.now() - start).toBeLessThan(longest)
    await putting
  },
)
