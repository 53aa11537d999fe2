import { type QueueEngine, startQueues } from '@spillway/local/testing'
import {
  defineMessage,
  done,
  type Logger,
  type MessageRecord,
  type Outcome,
  park,
  plainJson,
  retry,
} from '@spillway/message'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { batch, route } from './index.ts'
import { silent } from './testing/virtual-run.ts'
import { workerOf } from './testing/worker.ts'

// Messages that have no key but the id of their record: what docs/existing-queue.md says of them.

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }) })
const refund = defineMessage({ ...order, name: 'refund' })
const names = ['ids1', 'ids2', 'ids3']
const decode = plainJson({ name: ({ type }) => type })
let queues: QueueEngine

beforeAll(async () => {
  const spec = { visibilityTimeout: 600, deadLetterQueue: undefined, maxReceiveCount: 0 }
  const all = names.flatMap((name) => [name, `${name}-dlq`])
  queues = await startQueues({ queues: all.map((name) => ({ name, ...spec })) })
})
afterAll(() => queues.stop())

function start(queue: string) {
  const worker = workerOf(queues, queue, { decode })
  onTestFinished(() => worker.end())
  return worker
}

describe('a key that is the id of the record', () => {
  it('stays over redeliveries and one redrive, and is another one after a second redrive', async () => {
    const worker = start('ids1')
    const seen: MessageRecord[] = []
    const parked = park({ code: 'NO', detail: 'no' })
    let outcome: Outcome
    const handler = batch(
      order,
      async (records) => {
        seen.push(...records)
        return records.map(() => outcome)
      },
      { logger: silent, backoff: false },
    )
    async function deliver(next: Outcome) {
      outcome = next
      const event = await worker.receive()
      const answer = await worker.invoke(handler, event)
      expect(event.Records).toHaveLength(1)
      await worker.settle(event, answer)
      if (next.kind === 'retry') await worker.expire(event)
      return { id: event.Records[0]?.messageId, key: seen.at(-1)?.key }
    }
    await worker.sendTexts('{"id":"a"}')
    const first = await deliver(retry())
    expect(first.key).toBe(first.id)
    expect(await deliver(parked)).toStrictEqual(first)

    expect(await worker.redrive()).toBe(true)
    const back = await deliver(retry())
    expect(back.id).not.toBe(first.id)
    expect(back.key).toBe(first.id)
    // The copy that came back is delivered again, too.
    expect(await deliver(parked)).toStrictEqual(back)

    expect(await worker.redrive()).toBe(true)
    const last = await deliver(done())
    expect(last.key).toBe(back.id)
  })

  it('is another one for the same text that its producer sends again', async () => {
    const worker = start('ids2')
    const keys: string[] = []
    const handler = batch(
      order,
      async (records) => {
        keys.push(...records.map(({ key }) => key))
        return records.map(() => done())
      },
      { logger: silent },
    )
    await worker.sendTexts('{"id":"a"}', '{"id":"a"}')
    const event = await worker.receive()
    await worker.invoke(handler, event)
    expect(keys.sort()).toStrictEqual(event.Records.map(({ messageId }) => messageId).sort())
  })

  it('is warned of once in an environment, whatever comes and however often', async () => {
    const worker = start('ids3')
    const lines: string[] = []
    const logger: Logger = { ...silent, warn: (line) => void lines.push(line) }
    const write = async (records: readonly MessageRecord[]) => records.map(() => done())
    const deliver = async (handler: ReturnType<typeof batch>) => {
      await worker.sendTexts(
        '{"type":"order","id":"a"}',
        '{"type":"refund","id":"b"}',
        '{"type":"x","id":"c"}',
      )
      const event = await worker.receive()
      await worker.settle(event, await worker.invoke(handler, event))
    }
    // An environment makes its handler once, when its module is loaded.
    const environments = [1, 2].map(() =>
      batch([route(order, write), route(refund, write)], { logger, otherwise: write }),
    )
    for (const handler of environments) {
      for (let count = 0; count < 3; count++) await deliver(handler)
    }
    expect(lines).toHaveLength(2)
    for (const line of lines)
      expect(line).toContain(': messages have no key and are identified by the ids of their records')
  })
})
