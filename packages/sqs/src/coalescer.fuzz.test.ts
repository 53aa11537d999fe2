import type { SendResult } from '@spillway/message'
import { createSemaphore } from '@spillway/transport'
import * as fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { createCoalescer } from './coalescer.ts'
import { maxBytes, maxEntries, type PackedMessage } from './pack.ts'
import { virtualClock } from './testing/virtual-clock.ts'

const maxWait = 5

interface Call {
  readonly at: number
  readonly messages: readonly { readonly bytes: number; readonly group: number; readonly ok: boolean }[]
  /** When it gives up, after its start; `undefined` when it waits. */
  readonly patience: number | undefined
}

const calls: fc.Arbitrary<Call[]> = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 30 }),
    messages: fc.array(
      fc.record({
        bytes: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: maxBytes })),
        group: fc.integer({ min: 0, max: 3 }),
        ok: fc.boolean(),
      }),
      { minLength: 1, maxLength: 9 },
    ),
    patience: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
  }),
  { maxLength: 25 },
)

/** How long each request takes, and whether it throws. */
const requests = fc.infiniteStream(
  fc.record({ latency: fc.integer({ min: 0, max: 20 }), breaks: fc.nat(9).map((n) => n === 0) }),
)

const callOf = (key: string) => Number(key.split('.')[0])

it('gives each call the fate of its own messages, in its own time and in order, in packs that SQS takes', async () => {
  await fc.assert(
    fc.asyncProperty(
      calls,
      requests,
      fc.boolean(),
      fc.integer({ min: 1, max: 4 }),
      async (all, plan, fifo, places) => {
        const clock = virtualClock()
        /** What the queue said of each message, by its key: once at most. */
        const fates = new Map<string, SendResult>()
        const settledAt = new Map<string, number>()
        const sentAt = new Map<string, number>()
        /** What the queue has, in its order. */
        const stored: PackedMessage[] = []
        let underWay = 0
        let waits = false

        const coalescer = createCoalescer({
          maxWait,
          fifo,
          clock,
          semaphore: createSemaphore(places),
          async send(messages, _, watcher) {
            const { latency, breaks } = plan.next().value
            expect(++underWay).toBeLessThanOrEqual(places)
            waits ||= underWay === places
            expect(messages.length).toBeLessThanOrEqual(maxEntries)
            expect(messages.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(maxBytes)
            for (const { message } of messages) {
              expect(sentAt.has(message.key)).toBe(false)
              sentAt.set(message.key, clock.now())
            }
            await clock.sleep(latency)
            underWay--
            for (const [position, { message }] of messages.entries()) {
              settledAt.set(message.key, clock.now())
              const ok = !breaks && message.body === 'ok'
              const result: SendResult = ok
                ? { status: 'accepted' }
                : { status: 'rejected', code: `fate of ${message.key}`, detail: '', retryable: false }
              if (!breaks) fates.set(message.key, result)
              if (ok) stored.push(messages[position] as PackedMessage)
              if (position % 2 === 0 && !breaks) watcher.settle(position, result)
            }
            if (breaks) throw new Error('broken')
            return messages.map(({ message }) => fates.get(message.key) as SendResult)
          },
        })

        const answeredAt = new Map<string, number>()

        /** A call that began after another was answered has its messages behind those of the other, in each group. */
        function expectOrder(): void {
          for (const [place, { message }] of stored.entries()) {
            const startedAt = all[callOf(message.key)]?.at ?? 0
            for (const later of stored.slice(place + 1)) {
              if (later.message.group !== message.group) continue
              expect(answeredAt.get(later.message.key) ?? 0).toBeGreaterThanOrEqual(startedAt)
            }
          }
        }

        async function run(call: Call, name: number): Promise<void> {
          await clock.sleep(call.at)
          const controller = new AbortController()
          const { patience } = call
          if (patience !== undefined) void clock.sleep(patience).then(() => controller.abort())
          const limit = { signal: controller.signal, remainingTime: () => Number.POSITIVE_INFINITY }
          const packed = call.messages.map(({ bytes, group, ok }, index): PackedMessage => {
            const body = ok ? 'ok' : 'bad'
            // The indexes of all calls are alike: a mix-up would show.
            return { index, bytes, message: { key: `${name}.${index}`, group: `g${group}`, body } }
          })
          const results = await coalescer.send(packed, limit)
          const now = clock.now()
          if (patience !== undefined) expect(now).toBeLessThanOrEqual(call.at + patience)

          expect([...results.keys()].sort()).toStrictEqual(packed.map(({ index }) => index))
          for (const { index, message } of packed) {
            answeredAt.set(message.key, now)
            const result = results.get(index)
            const known = settledAt.get(message.key)
            if (known !== undefined && known < now && fates.has(message.key)) {
              expect(result).toStrictEqual(fates.get(message.key))
            } else if (result?.status === 'accepted') {
              expect(fates.get(message.key)).toStrictEqual(result)
            } else if (!fates.has(message.key)) {
              expect(result).toMatchObject({ status: 'rejected', retryable: true })
            }
            const sent = sentAt.get(message.key)
            if (patience === undefined) expect(sent).toBeDefined()
            if (sent !== undefined && !fifo && !waits) expect(sent - call.at).toBeLessThanOrEqual(maxWait)
          }
        }

        let answered = 0
        const running = Promise.all(
          all.map(async (call, name) => {
            await run(call, name)
            answered++
          }),
        )
        await clock.advance(10_000)
        expect(answered).toBe(all.length)
        await running
        if (fifo) expectOrder()
      },
    ),
    { numRuns: inject('soak') ? 1000 : 300 },
  )
})
