import {
  defineMessage,
  done,
  type MessageRecord,
  type Outcome,
  type ParkReason,
  park,
  type RecordSource,
  type SourceRecord,
  SpillwayError,
} from '@spillway/message'
import { systemClock } from '@spillway/message/internal'
import { memoryParkedStore } from '@spillway/message/testing'
import { findParked, parkOnce } from '@spillway/transport'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { type BatchHandler, batch, eachRecord } from './index.ts'
import { silent } from './testing/virtual-run.ts'

// Messages in no envelope, whose text lies elsewhere: only once it is fetched is it known whose they are.

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }), key: (body) => body.id })
const quiet = { logger: silent, hold: false } as const

function sourceOf(
  store: ReturnType<typeof memoryParkedStore>,
  copies: string[],
  record: SourceRecord,
): RecordSource {
  const keeper = { store, logger: silent, clock: systemClock }
  return {
    records: [record],
    decode: (_, text) => ({ body: JSON.parse(text) }),
    park: (one, reason: ParkReason, limit, identity) =>
      parkOnce(
        keeper,
        { record: one, reason, identity, at: new Date() },
        limit,
        async (id) => void copies.push(id),
      ),
    findParked: (some, limit) => findParked(store, some, limit, systemClock),
    delay: async () => undefined,
  }
}

const record = (receiveCount: number, change: Partial<SourceRecord> = {}): SourceRecord => ({
  id: 'm',
  body: 'a pointer',
  lane: 'm',
  receiveCount,
  load: async () => '{"id":"a"}',
  loadBytes: 10,
  ...change,
})

const run = (handler: BatchHandler, source: RecordSource) =>
  handler({ source }, { getRemainingTimeInMillis: () => 60_000 })

type Write = (record: MessageRecord<{ id: string }>) => Outcome

it.each([
  ['a writer', (write: Write) => batch(order, async (all) => all.map(write), quiet)],
  ['eachRecord', (write: Write) => batch(order, eachRecord(write), quiet)],
])(
  'with %s, what was parked is neither written nor copied once more, and its copy opens the key',
  async (_, of) => {
    const store = memoryParkedStore()
    const copies: string[] = []
    const seen: string[] = []
    const parking = of(() => park({ code: 'NO', detail: 'no' }))
    const writing = of(({ key }) => {
      seen.push(key)
      return done()
    })
    await run(parking, sourceOf(store, copies, record(1)))
    expect(store.entries).toMatchObject([{ name: 'order', key: 'a', recordId: 'm', copied: true }])
    const again = await run(writing, sourceOf(store, copies, record(2)))
    expect([again[0]?.status, copies, seen]).toStrictEqual(['fulfilled', ['m'], []])
    // The copy itself, and a first delivery of another message.
    await run(writing, sourceOf(store, copies, record(2, { id: 'm2', redriveOf: 'm' })))
    await run(writing, sourceOf(store, copies, record(2, { id: 'n', load: async () => '{"id":"b"}' })))
    expect(seen).toStrictEqual(['a', 'b'])
  },
)

it('what was not fetched has no key: it is parked where it is gone for good', async () => {
  const store = memoryParkedStore()
  const copies: string[] = []
  const load = () => Promise.reject(new SpillwayError('SPILLWAY_CLAIM_MISSING', 'gone'))
  await run(
    batch(order, async (all) => all.map(done), quiet),
    sourceOf(store, copies, record(2, { load })),
  )
  expect([copies, store.entries]).toStrictEqual([['m'], []])
})
