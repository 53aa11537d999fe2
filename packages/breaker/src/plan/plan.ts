import type { Notes, SwitchChange, SwitchReading } from '../switch.ts'
import { closed, halfOpened, opened, recall } from './memory.ts'
import { offMark, ownConcurrency, type Phase, phaseOf, smallest } from './phase.ts'

/**
 * One call. Whoever carries out a plan may end after any of its steps: each leaves something that the next plan goes on
 * from.
 */
export type Step = (
  | { readonly kind: 'note'; readonly notes: Notes }
  | { readonly kind: 'change'; readonly change: SwitchChange }
) & {
  /**
   * The mapping is read once more right before the call; when this does not hold, the plan ends there. Default: the call
   * is right whatever happened meanwhile.
   */
  readonly onlyIf?: (again: SwitchReading) => boolean
}

/** What to do about a mapping whose database is down: nothing unless it is on. */
export function planOpening(reading: SwitchReading, id: string): readonly Step[] {
  if (reading.state !== 'enabled') return []
  const concurrency = ownConcurrency(reading)
  const isSame = (again: SwitchReading) => again.state === 'enabled' && hasSameLimit(again, reading)
  // Another environment, or this one in its last batch, had no time for more than the note.
  const isNoted = isTakenOver(reading) && recall(reading.notes)?.concurrency === concurrency
  return [
    // First: a mapping that is off and has no note stays off for good.
    ...(isNoted ? [] : [{ kind: 'note', notes: opened(id, concurrency), onlyIf: isSame } as const]),
    {
      kind: 'change',
      change: { enabled: false, ...limitTo(reading, offMark(concurrency)) },
      onlyIf: (again) => isSame(again) && recall(again.notes) !== undefined,
    },
    {
      kind: 'note',
      notes: opened(`${id}+`, concurrency),
      // A probe has just closed what was noted, because it came before the change.
      onlyIf: (again) => again.state !== 'enabled' && recall(again.notes) === undefined,
    },
  ]
}

/** Whether there is a note of an opening that went no further, and of which nothing is to be restored. */
function isTakenOver(reading: SwitchReading): boolean {
  return phaseOf(reading).name === 'taken-over' && !isToRestore(reading)
}

/** What a probe knows. */
export interface ProbeFacts {
  /** Whether the database answered. */
  readonly healthy: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  /** How long it has to stay half open, in milliseconds. */
  readonly healthyPeriod: number
  /** The id of an opening, should there be one. */
  readonly id: string
}

/** Whether a probe depends on the health of the database. */
export function needsCheck(reading: SwitchReading): boolean {
  return ['open', 'half-open'].includes(phaseOf(reading).name)
}

/** What to do when it is time to look again. */
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
      // A time that is still to come is of another clock: counted from there, the period might never end.
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

/** Leaves the mapping on or off as it is, with its own concurrency. */
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
      // Switched off meanwhile, it would stay off for good; switched on, it would stay at two invocations.
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
