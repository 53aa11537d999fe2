import type { SwitchReading } from '../switch.ts'
import { type Memory, recall } from './memory.ts'

/** The smallest maximum concurrency that Lambda takes ("Configuring maximum concurrency for Amazon SQS event sources"). */
export const smallest = 2

/**
 * The maximum concurrency of a mapping that the breaker has switched off. It has no effect then; it says by whom the
 * mapping was switched off, because it comes and goes with that in one change.
 */
export function offMark(concurrency: number | undefined): number {
  return concurrency === 3 ? 4 : 3
}

/**
 * How things stand.
 *
 * - `closed`: the breaker has nothing to do with the mapping, on or off
 * - `changing`: nothing can be said or done until the change that is under way has ended
 * - `open`: the breaker has switched it off
 * - `half-open`: the breaker has switched it on again, with few invocations at a time
 * - `taken-over`: somebody has switched or changed it since, or the breaker itself did not get far. It is left on or
 *   off as it is
 */
export type Phase =
  | { readonly name: 'closed' | 'changing' }
  | { readonly name: 'open' | 'half-open' | 'taken-over'; readonly memory: Memory }

/** Reads the phase from a mapping and its notes. */
export function phaseOf(reading: SwitchReading): Phase {
  if (reading.state === 'changing') return { name: 'changing' }
  const memory = recall(reading.notes)
  if (memory === undefined) return { name: 'closed' }
  const name = reading.state === 'disabled' ? phaseOff(reading, memory) : phaseOn(reading, memory)
  return { name, memory }
}

function phaseOff({ limitable, maximumConcurrency }: SwitchReading, memory: Memory) {
  // Without a mark, only one that was on again is known to have been switched off by somebody else.
  const ours = limitable
    ? maximumConcurrency === offMark(memory.concurrency)
    : memory.halfOpenSince === undefined
  return ours ? 'open' : 'taken-over'
}

function phaseOn({ limitable, maximumConcurrency }: SwitchReading, memory: Memory) {
  if (!limitable) return memory.halfOpenSince === undefined ? 'taken-over' : 'half-open'
  if (maximumConcurrency !== smallest) return 'taken-over'
  // Where 2 is its own concurrency, it does not say that the breaker has switched it on.
  return memory.halfOpenSince !== undefined || memory.concurrency !== smallest ? 'half-open' : 'taken-over'
}

/** The maximum concurrency that the mapping has when the breaker leaves it alone. */
export function ownConcurrency(reading: SwitchReading): number | undefined {
  const memory = recall(reading.notes)
  const { maximumConcurrency: now } = reading
  if (memory === undefined) return now
  return now === smallest || now === offMark(memory.concurrency) ? memory.concurrency : now
}
