import type { MessageRecord, Outcome, TimeLimit } from '@spillway/message'
import { expect, it } from 'vitest'
import { rowsWriter, simulate, writeRows } from '../index.ts'
import { queueNumbers } from './numbers.ts'

// This proves the claim of docs/concepts/outages.md, "Parts that fail by themselves".

it('writes the messages to one database within seconds while the other is down', async () => {
  const waits: { readonly sentAt: number; readonly seconds: number }[] = []
  const handler = writeRows({
    writer(environment) {
      const [main, other] = [rowsWriter(environment), rowsWriter(environment, 'other')]
      return async (records, limit: TimeLimit) => {
        const isOther = ({ body }: MessageRecord<{ number: number }>) => body.number % 2 === 1
        const outcomes = new Map<unknown, Outcome>()
        for (const [writer, some] of [
          [main, records.filter((record) => !isOther(record))],
          [other, records.filter(isOther)],
        ] as const) {
          if (some.length === 0) continue
          const answers = await writer(some, limit)
          for (const [place, record] of some.entries()) outcomes.set(record, answers[place] as Outcome)
        }
        for (const record of records) {
          if (isOther(record)) continue
          const sentAt = record.time.getTime()
          waits.push({ sentAt, seconds: (environment.clock.now() - sentAt) / 1000 })
        }
        return records.map((record) => outcomes.get(record) as Outcome)
      }
    },
  })
  const { inDlq, left, written, accepted } = await simulate({
    ...queueNumbers({ batchSize: 10, maximumConcurrency: 20, timeout: 30 }),
    duration: 220,
    traffic: { rate: 5 },
    handler,
    databases: { main: {}, other: {} },
    outages: [{ from: 20, to: 180, kind: { is: 'down' }, database: 'other' }],
  })
  expect({ inDlq, left, written }).toStrictEqual({ inDlq: 0, left: 0, written: accepted })
  const start = Math.min(...waits.map(({ sentAt }) => sentAt))
  const quantile = (share: number, from: number) => {
    const some = waits.filter(({ sentAt }) => sentAt >= start + from * 1000).map(({ seconds }) => seconds)
    return some.sort((one, two) => one - two)[Math.floor(some.length * share)]
  }
  expect(quantile(0.5, 0)).toBeLessThan(0.5)
  // An environment detects the outage in its first invocation, which holds its records for as long as it can.
  expect(quantile(0.99, 0)).toBeLessThan(60)
  expect(quantile(0.99, 120)).toBeLessThan(2)
})
