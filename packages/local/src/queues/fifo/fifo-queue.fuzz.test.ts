import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { FifoDelivery } from './fifo-message.ts'
import { createFifoQueue } from './fifo-queue.ts'

const visibilityTimeout = 30
const maxReceiveCount = 3

type Step =
  | { readonly do: 'send'; readonly group: string }
  | { readonly do: 'receive'; readonly maximum: number }
  | { readonly do: 'remove' | 'release'; readonly which: number }
  | { readonly do: 'wait'; readonly seconds: number }

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('send'), group: fc.constantFrom('a', 'b', 'c') }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('receive'), maximum: fc.integer({ min: 1, max: 10 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('remove', 'release'), which: fc.nat(50) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('wait'), seconds: fc.integer({ min: 1, max: 40 }) }),
    },
  ) as fc.Arbitrary<Step>,
  { maxLength: 80 },
)

it('returns the oldest messages of groups without messages in flight, and loses none', () => {
  fc.assert(
    fc.property(steps, (run) => {
      let now = 1_000_000
      const queue = createFifoQueue({ now: () => now })
      /** The remaining messages of each group, in the order in which they were sent. */
      const model = new Map<string, string[]>([
        ['a', []],
        ['b', []],
        ['c', []],
      ])
      const flights: { readonly delivery: FifoDelivery; until: number }[] = []
      const dead: string[] = []
      const flying = () => flights.filter(({ until }) => now < until)
      const forget = (group: string, id: string) =>
        model.set(
          group,
          (model.get(group) ?? []).filter((other) => other !== id),
        )

      for (const [index, step] of run.entries()) {
        if (step.do === 'wait') now += step.seconds * 1000
        if (step.do === 'send') {
          const id = String(index)
          queue.add({
            messageId: id,
            groupId: step.group,
            body: id,
            md5OfBody: '',
            attributes: {},
            messageAttributes: {},
            md5OfMessageAttributes: undefined,
          })
          model.get(step.group)?.push(id)
        }
        if (step.do === 'receive') {
          const locked = new Set(flying().map(({ delivery }) => delivery.message.groupId))
          const deliveries = queue.receive({
            maximum: step.maximum,
            visibilityTimeout,
            maxReceiveCount,
            deadLetter({ messageId, groupId }, receiveCount) {
              expect(receiveCount).toBe(maxReceiveCount)
              expect(model.get(groupId)?.[0]).toBe(messageId)
              forget(groupId, messageId)
              dead.push(messageId)
            },
          })
          expect(deliveries.length).toBeLessThanOrEqual(step.maximum)
          const byGroup = Map.groupBy(deliveries, ({ message }) => message.groupId)
          for (const [group, ofGroup] of byGroup) {
            expect(locked).not.toContain(group)
            const ids = ofGroup.map(({ message }) => message.messageId)
            expect(ids).toEqual(model.get(group)?.slice(0, ids.length))
          }
          // The receive is full, or it has all messages of each group without messages in flight.
          for (const [group, ids] of model) {
            if (locked.has(group) || deliveries.length === step.maximum) continue
            expect(byGroup.get(group)?.length ?? 0).toBe(ids.length)
          }
          for (const delivery of deliveries) flights.push({ delivery, until: now + visibilityTimeout * 1000 })
        }
        if (step.do === 'remove' || step.do === 'release') {
          const flight = flights[step.which]
          if (flight === undefined) continue
          const { receiptHandle, message } = flight.delivery
          const known = model.get(message.groupId)?.includes(message.messageId)
          const expected = known ? (now < flight.until ? 'ok' : 'expired') : 'gone'
          const act =
            step.do === 'remove' ? queue.remove : (handle: string) => queue.changeVisibility(handle, 0)
          expect(act(receiptHandle)).toBe(expected)
          if (expected !== 'ok') continue
          flight.until = now
          if (step.do === 'remove') forget(message.groupId, message.messageId)
        }
        const left = [...model.values()].flat()
        const inFlight = flying().length
        expect(queue.depth()).toEqual({ visible: left.length - inFlight, inFlight, delayed: 0 })
        expect(queue.nextVisible()).toBe(Math.min(...flying().map(({ until }) => until)))
        expect(
          queue
            .messages()
            .map(({ messageId }) => messageId)
            .sort(),
        ).toEqual(left.sort())
      }
    }),
    { numRuns: 300 },
  )
})
