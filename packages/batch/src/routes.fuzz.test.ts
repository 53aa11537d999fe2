import {
  defineMessage,
  done,
  type MessageRecord,
  type Outcome,
  park,
  type RecordSource,
  retry,
  type SourceRecord,
} from '@spillway/message'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { batch, eachRecord, route } from './index.ts'
import { silent } from './testing/virtual-run.ts'

// Lanes × names × outcomes: order in a lane holds across handlers, and every record has one outcome.

const schema = z.object({ position: z.number(), fate: z.string(), turns: z.number() })
type Body = z.infer<typeof schema>
const [one, two, three] = ['one', 'two', 'three'].map((name) => defineMessage({ name, schema })) as [
  ReturnType<typeof defineMessage<typeof schema>>,
  ReturnType<typeof defineMessage<typeof schema>>,
  ReturnType<typeof defineMessage<typeof schema>>,
]
const records = fc.array(
  fc.record({
    lane: fc.constantFrom('a', 'b', 'c'),
    name: fc.constantFrom('one', 'two', 'three', 'unknown'),
    fate: fc.constantFrom('done', 'done', 'done', 'retry', 'park', 'throw', 'down'),
    turns: fc.nat(3),
    isFetched: fc.boolean(),
  }),
  { maxLength: 24 },
)

/** Lets others go on for a while. */
async function take(turns: number) {
  for (let count = 0; count < turns; count++) await new Promise((resolve) => setImmediate(resolve))
}

function outcomeOf(fate: string): Outcome {
  if (fate === 'throw') throw new Error('no')
  if (fate === 'retry') return retry()
  if (fate === 'down') return retry({ unavailable: true })
  return fate === 'park' ? park({ code: 'NO', detail: 'no' }) : done()
}

it('keeps the order of each lane, and gives every record one outcome', async () => {
  await fc.assert(
    fc.asyncProperty(records, fc.boolean(), fc.boolean(), async (given, checkpoint, hasOtherwise) => {
      const handled: { readonly position: number; readonly isDone: boolean }[] = []
      const parked: number[] = []
      const note = ({ body }: MessageRecord<Body>, isDone: boolean) =>
        void handled.push({ position: body.position, isDone })
      const writer = async (messages: readonly MessageRecord<Body>[]) => {
        const isBroken = messages.some(({ body }) => body.fate === 'throw')
        for (const message of messages) note(message, !isBroken && !/retry|down/.test(message.body.fate))
        await take(Math.max(...messages.map(({ body }) => body.turns)))
        return messages.map(({ body }) => outcomeOf(body.fate))
      }
      const each = eachRecord<Body>(
        async (message) => {
          note(message, !/retry|down|throw/.test(message.body.fate))
          await take(message.body.turns)
          return outcomeOf(message.body.fate)
        },
        { concurrency: 2 },
      )
      const source: RecordSource = {
        records: given.map(
          ({ lane, turns, isFetched }, position): SourceRecord => ({
            id: `r${position}`,
            body: '',
            lane,
            receiveCount: 1,
            ...(isFetched && { load: () => take(turns).then(() => ''), loadBytes: turns }),
          }),
        ),
        maximumLoadBytes: 4,
        checkpoint,
        decode: ({ id }) => {
          const position = Number(id.slice(1))
          const { name = '', fate, turns } = given[position] ?? {}
          return { body: { position, fate, turns }, name, key: id }
        },
        park: async ({ id }) => void parked.push(Number(id.slice(1))),
        delay: async () => undefined,
      }
      const handler = batch([route(one, writer), route(two, each), route(three, writer)], {
        logger: silent,
        hold: false,
        ...(hasOtherwise && { otherwise: writer as never }),
      })
      const results = await handler({ source }, { getRemainingTimeInMillis: () => 60_000 })

      expect(results).toHaveLength(given.length)
      expect(new Set(handled.map(({ position }) => position)).size).toBe(handled.length)
      expect(new Set(parked).size).toBe(parked.length)
      for (const lane of ['a', 'b', 'c']) {
        const own = handled.filter(({ position }) => given[position]?.lane === lane)
        const positions = own.map(({ position }) => position)
        expect(positions).toStrictEqual([...positions].sort((left, right) => left - right))
        // Nothing of a lane is begun behind what is not done.
        expect(own.slice(0, -1).every(({ isDone }) => isDone)).toBe(true)
      }
      for (const [position, { status }] of results.entries()) {
        const call = handled.find((one) => one.position === position)
        const { fate, name } = given[position] ?? {}
        const isParked = parked.includes(position)
        const isUnknown = name === 'unknown' && !hasOtherwise
        if (status === 'fulfilled') expect(isParked || call?.isDone).toBe(true)
        else expect([isParked, call?.isDone === true && fate !== 'park']).toStrictEqual([false, false])
        if (isParked) expect(isUnknown || fate === 'park').toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})
