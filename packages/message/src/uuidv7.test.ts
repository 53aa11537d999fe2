import { expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createMessage, defineMessage } from './index.ts'
import { uuidv7 } from './uuidv7.ts'

it('has the time, the version, the variant and random bits where RFC 9562 has them', () => {
  // The example of the RFC, appendix A.6, and the ends of the range.
  expect(uuidv7(0x017f22e279b0)).toMatch(/^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(uuidv7(0)).toMatch(/^00000000-0000-7/)
  expect(uuidv7(2 ** 48 - 1)).toMatch(/^ffffffff-ffff-7/)
  expect(z.uuidv7().safeParse(uuidv7()).success).toBe(true)
})

it('is another each time', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => uuidv7(1))).size).toBe(10_000)
})

it('is the key of a message without one, and later keys sort behind earlier ones', () => {
  const note = defineMessage({ name: 'note', schema: z.object({}) })
  vi.useFakeTimers({ now: 1_000 })
  const keys = Array.from({ length: 300 }, () => {
    vi.advanceTimersByTime(1)
    return createMessage(note, {}, { time: new Date(0) }).key
  })
  vi.useRealTimers()
  expect(keys).toStrictEqual([...keys].sort())
  expect(keys[0]).toMatch(/^00000000-03e9-7/)
})
