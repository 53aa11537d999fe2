import type { TimeLimit } from '@spillway/message'
import type { RetryTransient } from '../retries.ts'
import type { EventSourceSwitch, SwitchReading } from '../switch.ts'
import type { Step } from './plan.ts'

/** What {@link carryOutAll} needs. */
export interface CarryOutOptions {
  readonly mapping: EventSourceSwitch
  readonly limit: TimeLimit
  readonly withRetries: RetryTransient
  /** The reading from which the plan was made a moment ago. The first step uses it instead of reading again. */
  readonly fresh?: SwitchReading | undefined
}

/** Carries out the steps of a plan in order and resolves with those that were carried out. */
export async function carryOutAll(
  steps: readonly Step[],
  { mapping, limit, withRetries, fresh }: CarryOutOptions,
): Promise<readonly Step[]> {
  let reading = fresh

  /** Carries out one step. Resolves with `false` when the mapping has changed and the plan must end. */
  async function carryOut(step: Step): Promise<boolean> {
    if (step.onlyIf !== undefined) {
      const now = reading ?? (await mapping.read(limit))
      // A retry happens later, so it must read again.
      reading = undefined
      if (!step.onlyIf(now)) return false
    }
    reading = undefined
    await (step.kind === 'note' ? mapping.note(step.notes, limit) : mapping.change(step.change, limit))
    return true
  }

  const made: Step[] = []
  for (const step of steps) {
    if (!(await withRetries(() => carryOut(step), limit))) break
    made.push(step)
  }
  return made
}
