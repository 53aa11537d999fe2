import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adaptiveLevel } from './adaptive-level.ts'

const step = fc.oneof(
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
  fc.record({ do: fc.constant('shrink' as const), ms: fc.constant(0) }),
  fc.record({ do: fc.constant('succeed' as const), ms: fc.constant(0) }),
  fc.record({ do: fc.constant('succeedUnused' as const), ms: fc.constant(0) }),
)

describe('adaptiveLevel', () => {
  it('stays from 1 to the share, falls by half once a second, and grows only when all are in use', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(step, { maxLength: 200 }), (share, steps) => {
        let now = 0
        let shrunkAt = Number.NEGATIVE_INFINITY
        const level = adaptiveLevel({ share, now: () => now })
        for (const { do: action, ms } of steps) {
          const before = level.current()
          now += ms
          const calm = now - shrunkAt >= 1_000
          if (action === 'shrink') level.shrink()
          if (action === 'succeed') level.succeed(before)
          if (action === 'succeedUnused') level.succeed(before - 1)
          const after = level.current()
          if (action === 'shrink') expect(after).toBe(calm ? Math.max(1, Math.floor(before / 2)) : before)
          if (action === 'shrink' && calm) shrunkAt = now
          if (action === 'succeed') expect([before, calm ? before + 1 : before]).toContain(after)
          if (action === 'succeedUnused' || action === 'pass') expect(after).toBe(before)
          expect(after).toBeGreaterThanOrEqual(1)
          expect(after).toBeLessThanOrEqual(share)
        }
      }),
    )
  })

  it('is back at the share after as many rounds of success as it lost connections', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), fc.integer({ min: 1, max: 8 }), (share, shrinks) => {
        let now = 0
        const level = adaptiveLevel({ share, now: () => now })
        for (let turn = 0; turn < shrinks; turn += 1) {
          level.shrink()
          now += 1_000
        }
        const lost = share - level.current()
        // A round of `level` successes adds a little less than 1 where the level passes a whole number.
        for (let round = 0; round < lost + 1; round += 1) {
          const size = level.current()
          for (let use = 0; use <= size; use += 1) level.succeed(level.current())
        }
        expect(level.current()).toBe(share)
      }),
    )
  })
})
