import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SwitchReading } from '../switch.ts'
import { changed } from '../testing/memory-switch.ts'
import { phaseOf } from './phase.ts'
import { planOpening, planProbe, type Step } from './plan.ts'

// Many environments, probes and people read and change one mapping at the same time. Each plan is made from one reading
// and carried out step by step while the others continue; it may end after any step.

const healthyPeriod = 120_000

type Event =
  | { readonly do: 'open' }
  | { readonly do: 'probe'; readonly healthy: boolean }
  | { readonly do: 'step' | 'crash'; readonly which: number }
  | { readonly do: 'finish' }
  | { readonly do: 'human'; readonly change: 'on' | 'off' | number }
  | { readonly do: 'wait'; readonly seconds: number }

/** Random events; `steps` is the weight of steps of running plans. */
function eventsOf(steps: number, maxLength: number): fc.Arbitrary<Event[]> {
  return fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant({ do: 'open' } as const) },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('probe' as const),
          healthy: fc.constantFrom(true, true, true, false),
        }),
      },
      { weight: steps, arbitrary: fc.record({ do: fc.constant('step' as const), which: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.constant({ do: 'finish' } as const) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), which: fc.nat(3) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('human' as const),
          // Not 2, 3 or 4, which have a special meaning while the breaker is open.
          change: fc.constantFrom<'on' | 'off' | number>('on', 'off', 50, 5),
        }),
      },
      { weight: 1, arbitrary: fc.constant({ do: 'wait', seconds: 120 } as const) },
    ),
    { maxLength },
  )
}

/** A full cycle, from closed to closed. */
const cycle: readonly Event[] = [
  { do: 'open' },
  { do: 'finish' },
  { do: 'probe', healthy: true },
  { do: 'finish' },
  { do: 'wait', seconds: 120 },
  { do: 'probe', healthy: true },
]

const events = fc.oneof(
  eventsOf(8, 60),
  fc.tuple(fc.nat(cycle.length), eventsOf(4, 8)).map(([count, rest]) => [...cycle.slice(0, count), ...rest]),
)

const concurrencies = fc.constantFrom(undefined, 2, 3, 4, 20)

/** A mapping that the breaker and people change. It remembers who switched it off. */
function createMapping(maximumConcurrency: number | undefined) {
  let mapping: SwitchReading = { state: 'enabled', maximumConcurrency, limitable: true, notes: {} }
  /** The concurrency that a person or the template has configured. */
  let own = maximumConcurrency
  let offBy: 'breaker' | 'human' | undefined

  function carryOut(current: Step): boolean {
    if (current.onlyIf?.(mapping) === false) return false
    if (current.kind === 'note') {
      mapping = { ...mapping, notes: { ...mapping.notes, ...current.notes } }
      return true
    }
    const { enabled } = current.change
    if (enabled === true) expect(offBy, 'it was switched on').toBe('breaker')
    if (enabled === false && mapping.state === 'enabled') offBy = 'breaker'
    if (enabled === true) offBy = undefined
    mapping = changed(mapping, current.change)
    return true
  }

  function human(change: 'on' | 'off' | number): void {
    if (change === 'on') {
      // A template or the console sends the concurrency along. If only `enabled` were sent, and off again before the
      // next probe, the breaker could not notice it.
      mapping = changed(mapping, { enabled: true, maximumConcurrency: own ?? null })
      offBy = undefined
    } else if (change === 'off') {
      if (mapping.state === 'enabled') offBy = 'human'
      mapping = changed(mapping, { enabled: false })
    } else {
      // A change of the concurrency while it is off counts as taking over the mapping.
      if (mapping.state === 'disabled') offBy = 'human'
      mapping = changed(mapping, { maximumConcurrency: change })
      own = change
    }
  }

  return { carryOut, human, read: () => mapping, state: () => ({ mapping, own, offBy }) }
}

/** One mapping and the plans that run on it at the same time. */
function createWorld(maximumConcurrency: number | undefined) {
  const { carryOut, human, read, state } = createMapping(maximumConcurrency)
  let now = 1_000_000
  let ids = 0
  const running: { readonly steps: readonly Step[]; next: number }[] = []

  function begin(steps: readonly Step[]): void {
    if (steps.length > 0) running.push({ steps, next: 0 })
  }

  function step(which: number): void {
    const plan = running[which % running.length]
    const current = plan?.steps[plan.next]
    if (plan === undefined || current === undefined) return
    plan.next += 1
    const goesOn = carryOut(current)
    if (!goesOn || plan.next === plan.steps.length) running.splice(running.indexOf(plan), 1)
  }

  function finishAll(): void {
    while (running.length > 0) step(0)
  }

  const probe = (healthy: boolean) =>
    begin(planProbe(read(), { healthy, now, healthyPeriod, id: `id-${ids++}` }))

  return {
    play(event: Event): void {
      if (event.do === 'open') begin(planOpening(read(), `id-${ids++}`))
      if (event.do === 'probe') probe(event.healthy)
      if (event.do === 'step') step(event.which)
      if (event.do === 'finish') finishAll()
      if (event.do === 'crash') running.splice(event.which, 1)
      if (event.do === 'human') human(event.change)
      if (event.do === 'wait') now += event.seconds * 1000
    },
    /** Finishes or drops the running plans and then probes a healthy database. */
    settle(finish: boolean): void {
      if (finish) finishAll()
      running.length = 0
      for (let probes = 0; probes < 6; probes++) {
        probe(true)
        finishAll()
        now += healthyPeriod
      }
    },
    state,
  }
}

it('never switches on a mapping that it did not switch off, and restores everything when the database answers', () => {
  fc.assert(
    fc.property(concurrencies, events, fc.boolean(), (concurrency, run, finish) => {
      const world = createWorld(concurrency)
      for (const event of run) world.play(event)
      world.settle(finish)
      const { mapping, own, offBy } = world.state()
      expect(phaseOf(mapping).name).toBe('closed')
      expect(mapping.state).toBe(offBy === undefined ? 'enabled' : 'disabled')
      expect(offBy).not.toBe('breaker')
      expect(mapping.maximumConcurrency).toBe(own)
    }),
    { numRuns: 5000 },
  )
})

it('does the same for a mapping without a maximum concurrency, if no plan is interrupted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('open', 'healthy', 'sick', 'off', 'on', 'wait'), { maxLength: 60 }),
      (run) => {
        let mapping: SwitchReading = {
          state: 'enabled',
          maximumConcurrency: undefined,
          limitable: false,
          notes: {},
        }
        let offBy: 'breaker' | 'human' | undefined
        let now = 1_000_000
        const carryOut = (steps: readonly Step[]) => {
          for (const step of steps) {
            if (step.onlyIf?.(mapping) === false) return
            if (step.kind === 'note') mapping = { ...mapping, notes: { ...mapping.notes, ...step.notes } }
            else {
              expect(step.change).not.toHaveProperty('maximumConcurrency')
              if (step.change.enabled) expect(offBy).toBe('breaker')
              offBy = step.change.enabled ? undefined : 'breaker'
              mapping = changed(mapping, step.change)
            }
          }
        }
        const probe = (healthy: boolean, id: string) =>
          carryOut(planProbe(mapping, { healthy, now, healthyPeriod, id }))
        for (const [index, event] of run.entries()) {
          if (event === 'open') carryOut(planOpening(mapping, String(index)))
          if (event === 'healthy' || event === 'sick') probe(event === 'healthy', String(index))
          if (event === 'wait') now += 60_000
          if (event === 'off' && mapping.state === 'enabled') offBy = 'human'
          if (event === 'off') mapping = changed(mapping, { enabled: false })
          if (event === 'on') {
            offBy = undefined
            mapping = changed(mapping, { enabled: true })
            // Otherwise the breaker could not notice it if the mapping were switched off again.
            probe(true, `on-${index}`)
          }
        }
        for (let probes = 0; probes < 4; probes++) {
          probe(true, `end-${probes}`)
          now += healthyPeriod
        }
        expect(phaseOf(mapping).name).toBe('closed')
        expect(mapping.state).toBe(offBy === 'human' ? 'disabled' : 'enabled')
      },
    ),
    { numRuns: 1000 },
  )
})
