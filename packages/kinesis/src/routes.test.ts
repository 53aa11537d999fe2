import middy from '@middy/core'
import { batch, eachRecord, route } from '@spillway/batch'
import { defineMessage, done, type MessageRecord, type Outcome, park, retry } from '@spillway/message'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { kinesisPartialBatchFailure, kinesisSource } from './index.ts'
import { kinesisEvent, memoryDeadLetter } from './testing.ts'

// Several messages of one stream.

const schema = z.object({ id: z.string(), sensor: z.string() })
const define = (name: string) =>
  defineMessage({ name, schema, key: (body) => body.id, group: (body) => body.sensor })
const reading = define('reading.taken')
const alarm = define('alarm.raised')
type Body = z.infer<typeof schema>

const logger = { info() {}, warn() {}, error() {} }
const context = { getRemainingTimeInMillis: () => 10_000 } as Context

/** Records of one shard, in order: `r1 a` is a reading of sensor `a`. */
async function eventOf(...texts: readonly string[]): Promise<KinesisStreamEvent> {
  const events = texts.map((text, index) => {
    const [id = '', sensor = ''] = text.split(' ')
    const firstSequenceNumber = 100n + BigInt(index)
    return kinesisEvent(id.startsWith('r') ? reading : alarm, [{ id, sensor }], { firstSequenceNumber })
  })
  return { Records: (await Promise.all(events)).flatMap(({ Records }) => Records) }
}

async function run(event: KinesisStreamEvent, outcomeOf: (key: string) => Outcome) {
  const deadLetter = memoryDeadLetter()
  const written: string[] = []
  const write = ({ key }: MessageRecord<Body>) => {
    written.push(key)
    return outcomeOf(key)
  }
  const handler = middy()
    .use(kinesisPartialBatchFailure())
    .use(kinesisSource({ deadLetter, logger }))
    .handler(
      batch([route(reading, async (all) => all.map(write)), route(alarm, eachRecord<Body>(write))], {
        logger,
        hold: false,
      }),
    )
  const answer = (await handler(event as never, context)) as unknown as {
    readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
  }
  const from = answer.batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier))
  return { written, from, copies: deadLetter.copies.map(({ reason }) => reason.code) }
}

describe('several messages of a stream', () => {
  it('are handled in the order of their partition key, across their handlers', async () => {
    const event = await eventOf('r1 a', 'a1 b', 'a2 a', 'r2 b', 'r3 a')
    const { written, from } = await run(event, () => done())
    expect(from).toStrictEqual([])
    expect(written.filter((key) => ['r1', 'a2', 'r3'].includes(key))).toStrictEqual(['r1', 'a2', 'r3'])
    expect(written.filter((key) => ['a1', 'r2'].includes(key))).toStrictEqual(['a1', 'r2'])
  })

  it('come back from the first that is not done, and nothing is begun behind it in its partition key', async () => {
    const event = await eventOf('r1 a', 'a1 b', 'a2 a', 'r2 b', 'r3 a')
    const { written, from, copies } = await run(event, (key) => (key === 'a2' ? retry() : done()))
    expect(from).toStrictEqual([102])
    expect(written.toSorted()).toStrictEqual(['a1', 'a2', 'r1', 'r2'])
    expect(copies).toStrictEqual([])
  })

  it('park what no record before them brings back, and what has no route', async () => {
    const event = await eventOf('r1 a', 'a1 b', 'r2 b')
    const { Records } = await kinesisEvent(define('other'), [{ id: 'o', sensor: 'a' }], {
      firstSequenceNumber: 103n,
    })
    const no = { code: 'NO', detail: 'no' }
    const all = { Records: [...event.Records, ...Records] }
    const { written, from, copies } = await run(all, (key) => (key === 'a1' ? park(no) : done()))
    expect([written.toSorted(), from]).toStrictEqual([['a1', 'r1', 'r2'], []])
    expect(copies.toSorted()).toStrictEqual(['NO', 'SPILLWAY_MESSAGE_UNKNOWN'])
    const held = await run(all, (key) => (key === 'r1' ? retry() : key === 'a1' ? park(no) : done()))
    expect([held.from, held.copies]).toStrictEqual([[100], []])
  })
})
