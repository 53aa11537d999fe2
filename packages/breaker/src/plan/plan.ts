import type { Notes, SwitchChange, SwitchReading } from '../switch.ts'
import { closed, halfOpened, opened, readMemory } from './memory.ts'
import { offMark, ownConcurrency, type Phase, phaseOf, smallest } from './phase.ts'

/** One call to the mapping. Execution may end after any step of a plan; the next plan continues from there. */
export type Step = (
  | { readonly kind: 'note'; readonly notes: Notes }
  | { readonly kind: 'change'; readonly change: SwitchChange }
) & {
  /**
   * The condition for the call: the mapping is read again right before it, and when this returns `false` the plan ends.
   * Default: the call is right even if the state has changed meanwhile.
   */
  readonly onlyIf?: (again: SwitchReading) => boolean
}

/** Plans how to switch off a mapping whose database is down. There is nothing to do unless it is on. */
export function planOpening(reading: SwitchReading, id: string): readonly Step[] {
  if (reading.state !== 'enabled') return []
  const concurrency = ownConcurrency(reading)
  const isSame = (again: SwitchReading) => again.state === 'enabled' && hasSameLimit(again, reading)
  // The note exists if an earlier environment had only time for the note.
  const isNoted = isTakenOver(reading) && readMemory(reading.notes)?.concurrency === concurrency
  return [
    // The note comes first, because a mapping that is off without a note would stay off forever.
    ...(isNoted ? [] : [{ kind: 'note', notes: opened(id, concurrency), onlyIf: isSame } as const]),
    {
      kind: 'change',
      change: { enabled: false, ...limitTo(reading, offMark(concurrency)) },
      onlyIf: (again) => isSame(again) && readMemory(again.notes) !== undefined,
    },
    {
      kind: 'note',
      notes: opened(`${id}+`, concurrency),
      // A probe that ran before the change has just closed the opening that was noted.
      onlyIf: (again) => again.state !== 'enabled' && readMemory(again.notes) === undefined,
    },
  ]
}

/** Whether there is only the note of an opening, and no concurrency to restore. */
function isTakenOver(reading: SwitchReading): boolean {
  return phaseOf(reading).name === 'taken-over' && !isToRestore(reading)
}

/** The facts from which a probe makes its plan. */
export interface ProbeFacts {
  /** Whether the database answered. */
  readonly healthy: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  /** How long it has to stay half open, in milliseconds. */
  readonly healthyPeriod: number
  /** The id to use if it opens again. */
  readonly id: string
}

/** Whether the plan of a probe depends on the health of the database. */
export function needsCheck(reading: SwitchReading): boolean {
  return ['open', 'half-open'].includes(phaseOf(reading).name)
}

/** Plans what a probe does. */
export function planProbe(reading: SwitchReading, facts: ProbeFacts): readonly Step[] {
  const phase = phaseOf(reading)
  switch (phase.name) {
    case 'closed':
    case 'changing':
      return []
    case 'taken-over':
      return planClosing(reading, phase)
    case 'open':
      return facts.healthy ? planHalfOpening(reading, phase, facts.now) : []
    case 'half-open': {
      const { halfOpenSince, id } = phase.memory
      if (!facts.healthy) return planOpening(reading, facts.id)
      // A time in the future comes from another clock. Counted from there, the period might never end.
      if (halfOpenSince === undefined || Math.floor(halfOpenSince) > facts.now) {
        return [{ kind: 'note', notes: halfOpened(id, facts.now) }]
      }
      return facts.now - halfOpenSince < facts.healthyPeriod ? [] : planClosing(reading, phase)
    }
  }
}

type Opened = Extract<Phase, { readonly memory: unknown }>

function planHalfOpening(reading: SwitchReading, { memory }: Opened, now: number): readonly Step[] {
  return [
    {
      kind: 'change',
      change: { enabled: true, ...limitTo(reading, smallest) },
      onlyIf(again) {
        const phase = phaseOf(again)
        return phase.name === 'open' && phase.memory.id === memory.id
      },
    },
    { kind: 'note', notes: halfOpened(memory.id, now) },
  ]
}

/** Restores the configured concurrency and leaves the mapping on or off as it is. */
function planClosing(reading: SwitchReading, { memory }: Opened): readonly Step[] {
  return [
    ...(isToRestore(reading)
      ? [
          {
            kind: 'change',
            change: limitTo(reading, ownConcurrency(reading) ?? null),
            onlyIf: (again: SwitchReading) => hasSameLimit(again, reading),
          } as const,
        ]
      : []),
    {
      kind: 'note',
      notes: closed(memory.id),
      // If it was opened meanwhile it would stay off forever, and if it was half opened it would stay at two
      // invocations.
      onlyIf: (again) => phaseOf(again).name !== 'open' && !isToRestore(again),
    },
  ]
}

function isToRestore(reading: SwitchReading): boolean {
  return reading.limitable && ownConcurrency(reading) !== reading.maximumConcurrency
}

function hasSameLimit(again: SwitchReading, reading: SwitchReading): boolean {
  return again.maximumConcurrency === reading.maximumConcurrency
}

function limitTo({ limitable }: SwitchReading, maximumConcurrency: number | null): SwitchChange {
  return limitable ? { maximumConcurrency } : {}
}
