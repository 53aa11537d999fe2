import type { SwitchReading } from '../switch.ts'
import { type Memory, readMemory } from './memory.ts'

/**
 * The smallest maximum concurrency that Lambda accepts ("Configuring maximum concurrency for Amazon SQS event
 * sources").
 */
export const smallest = 2

/**
 * The maximum concurrency that the breaker sets when it switches a mapping off. It has no effect while the mapping is
 * off. It marks that the breaker switched the mapping off, because both are set in one request.
 */
export function offMark(concurrency: number | undefined): number {
  return concurrency === 3 ? 4 : 3
}

/**
 * The state of the breaker.
 *
 * - `closed`: the breaker has not changed the mapping, whether it is on or off
 * - `changing`: a change is in progress; wait until it has ended
 * - `open`: the breaker has switched it off
 * - `half-open`: the breaker has switched it on again, with few invocations at a time
 * - `taken-over`: someone has changed it since, or the breaker did not complete an opening. It stays on or off as it is
 */
export type Phase =
  | { readonly name: 'closed' | 'changing' }
  | { readonly name: 'open' | 'half-open' | 'taken-over'; readonly memory: Memory }

/** Reads the phase from a mapping and its notes. */
export function phaseOf(reading: SwitchReading): Phase {
  if (reading.state === 'changing') return { name: 'changing' }
  const memory = readMemory(reading.notes)
  if (memory === undefined) return { name: 'closed' }
  const name = reading.state === 'disabled' ? phaseOff(reading, memory) : phaseOn(reading, memory)
  return { name, memory }
}

function phaseOff({ limitable, maximumConcurrency }: SwitchReading, memory: Memory) {
  // Without that mark, a mapping that was half open and is off must have been switched off by someone else.
  const ours = limitable
    ? maximumConcurrency === offMark(memory.concurrency)
    : memory.halfOpenSince === undefined
  return ours ? 'open' : 'taken-over'
}

function phaseOn({ limitable, maximumConcurrency }: SwitchReading, memory: Memory) {
  if (!limitable) return memory.halfOpenSince === undefined ? 'taken-over' : 'half-open'
  if (maximumConcurrency !== smallest) return 'taken-over'
  // When the mapping's own concurrency is 2, it does not show that the breaker has switched it on.
  return memory.halfOpenSince !== undefined || memory.concurrency !== smallest ? 'half-open' : 'taken-over'
}

/** The maximum concurrency that the user has configured, which the breaker restores. */
export function ownConcurrency(reading: SwitchReading): number | undefined {
  const memory = readMemory(reading.notes)
  const { maximumConcurrency: now } = reading
  if (memory === undefined) return now
  return now === smallest || now === offMark(memory.concurrency) ? memory.concurrency : now
}
