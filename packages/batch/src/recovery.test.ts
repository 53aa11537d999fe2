import { done, type MessageRecord, type Outcome, retry } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { eachRecord, outageSurvival } from './index.ts'
import { type QueuedMessage, quantile, runQueue } from './testing/virtual-queue.ts'
import type { Order } from './testing/virtual-run.ts'

const second = 1000
const hour = 3600 * second
const startsAt = 60 * second

/** So many messages, one every `every` milliseconds. */
const stream = (count: number, every: number, groupOf?: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => ({
    id: `m${n}`,
    at: n * every,
    ...(groupOf && { group: groupOf(n) }),
  }))

/** Seconds that messages waited which were there while the database was down, from when it was back. */
const lags = (messages: readonly QueuedMessage[], endsAt: number) =>
  messages
    .filter(({ sentAt, doneAt = Number.POSITIVE_INFINITY }) => sentAt < endsAt && doneAt > endsAt)
    .map(({ doneAt = Number.POSITIVE_INFINITY }) => (doneAt - endsAt) / second)

/** A writer that is down for a while. */
const downFor =
  (length: number, failure: () => Outcome) =>
  (now: () => number) =>
  async (records: readonly MessageRecord<Order>[]) => {
    const isDown = now() >= startsAt && now() < startsAt + length
    return records.map(() => (isDown ? failure() : done()))
  }

describe('an outage of an hour, with the defaults', () => {
  it.each<[string, () => Outcome, number]>([
    ['is unavailable', () => retry({ unavailable: true }), 30],
    ['is unavailable, with a short time-out', () => retry({ unavailable: true }), 3],
    ['fails with what nobody knows', () => retry({ cause: new Error('odd') }), 30],
  ])('of what %s costs no message, and is over for all of them within 90 s', async (_, failure, timeout) => {
    const endsAt = startsAt + hour
    const messages = await runQueue({
      messages: stream(180, 20 * second),
      pollers: 2,
      handler: downFor(hour, failure),
      timeout,
      until: endsAt + 400 * second,
    })
    expect(messages.filter(({ isDead, doneAt }) => isDead || doneAt === undefined)).toStrictEqual([])
    const all = lags(messages, endsAt)
    expect(all.length).toBeGreaterThan(150)
    expect(Math.max(...all)).toBeLessThan(93)
    expect(quantile(all, 0.5)).toBeLessThan(45)
    expect(Math.max(...messages.map(({ receives }) => receives))).toBeLessThanOrEqual(82)
  })

  it('is longer than a maxReceiveCount of 10 lasts, which outageSurvival says', async () => {
    const { least, most } = outageSurvival({ maxReceiveCount: 10, timeout: 3 })
    const fate = async (length: number) => {
      const failure = () => retry({ cause: new Error('odd') })
      const until = startsAt + length + 400 * second
      const run = { messages: stream(20, 6 * second), maxReceiveCount: 10, timeout: 3, until }
      const messages = await runQueue({ ...run, handler: downFor(length, failure) })
      return messages.filter(({ isDead }) => isDead).length
    }
    expect(await fate(least * second)).toBe(0)
    expect(await fate((most + 60) * second)).toBeGreaterThan(0)
  })
})

describe('messages of a FIFO queue that are sent after an outage', () => {
  it('do not wait in groups of their own, and in one that waits no longer than its first', async () => {
    const endsAt = startsAt + hour
    const before = stream(180, 20 * second, (n) => `old ${n % 12}`)
    const after = Array.from({ length: 60 }, (_, n) => ({
      id: `after${n}`,
      at: endsAt + second * (1 + n),
      group: n % 2 === 0 ? `old ${n % 12}` : `new ${n}`,
    }))
    const messages = await runQueue({
      messages: [...before, ...after],
      handler: (now) =>
        eachRecord<Order>(() =>
          now() >= startsAt && now() < endsAt ? retry({ unavailable: true }) : done(),
        ),
      pollers: 2,
      until: endsAt + 400 * second,
    })
    expect(messages.filter(({ isDead, doneAt }) => isDead || doneAt === undefined)).toStrictEqual([])
    const waits = (kind: string) =>
      messages
        .filter(({ id, group }) => id.startsWith('after') && group?.startsWith(kind))
        .map(({ sentAt, doneAt = Number.POSITIVE_INFINITY }) => (doneAt - sentAt) / second)
    expect(Math.max(...waits('new'))).toBeLessThan(1)
    expect(Math.max(...waits('old'))).toBeLessThan(93)
    // Each group in its order.
    for (const group of new Set(messages.map((message) => message.group))) {
      const times = messages.filter((message) => message.group === group).map(({ doneAt }) => doneAt ?? 0)
      expect(times).toStrictEqual([...times].sort((a, b) => a - b))
    }
  })
})

describe('with one of two databases down', () => {
  const endsAt = startsAt + 180 * second
  const isOfDown = (id: string) => Number(id.slice(1)) % 2 === 0
  const handlers = {
    'a custom writer': (now: () => number) => async (records: readonly MessageRecord<Order>[]) => {
      const isDown = now() >= startsAt && now() < endsAt
      return records.map(({ key }) => (isDown && isOfDown(key) ? retry({ unavailable: true }) : done()))
    },
    'each record': (now: () => number) =>
      eachRecord<Order>(({ key }) => {
        const isDown = now() >= startsAt && now() < endsAt
        return isDown && isOfDown(key) ? retry({ unavailable: true }) : done()
      }),
  }

  it.each(Object.entries(handlers))('%s has the healthy half written at once', async (_, handler) => {
    const messages = await runQueue({
      messages: stream(1920, 125),
      handler,
      pollers: 20,
      until: endsAt + 150 * second,
    })
    expect(messages.filter(({ isDead, doneAt }) => isDead || doneAt === undefined)).toStrictEqual([])
    const waitsFrom = (from: number) =>
      messages
        .filter(({ id, sentAt }) => !isOfDown(id) && sentAt >= from)
        .map(({ sentAt, doneAt = Number.POSITIVE_INFINITY }) => (doneAt - sentAt) / second)
    // An environment that sees the down half alone at first waits for it once.
    expect(Math.max(...waitsFrom(0))).toBeLessThan(30)
    expect(quantile(waitsFrom(0), 0.5)).toBeLessThan(0.5)
    expect(Math.max(...waitsFrom(startsAt + 90 * second))).toBeLessThan(2)
    expect(Math.max(...lags(messages, endsAt))).toBeLessThan(93)
  })
})
