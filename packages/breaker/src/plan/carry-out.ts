import type { TimeLimit } from '@spillway/message'
import type { Patience } from '../patience.ts'
import type { EventSourceSwitch, SwitchReading } from '../switch.ts'
import type { Step } from './plan.ts'

/** What {@link carryOutAll} needs. */
export interface CarryOutOptions {
  readonly mapping: EventSourceSwitch
  readonly limit: TimeLimit
  readonly patient: Patience
  /** What the mapping was a moment ago, when the plan was made: the first step needs no other reading. */
  readonly fresh?: SwitchReading | undefined
}

/** Makes the steps of a plan, one after the other, and gives those that it made. */
export async function carryOutAll(
  steps: readonly Step[],
  { mapping, limit, patient, fresh }: CarryOutOptions,
): Promise<readonly Step[]> {
  let reading = fresh

  /** Makes one step. Gives `false` when the plan ends with it, because the mapping is no longer what it was. */
  async function carryOut(step: Step): Promise<boolean> {
    if (step.onlyIf !== undefined) {
      const now = reading ?? (await mapping.read(limit))
      // A second attempt comes later: it reads again.
      reading = undefined
      if (!step.onlyIf(now)) return false
    }
    reading = undefined
    await (step.kind === 'note' ? mapping.note(step.notes, limit) : mapping.change(step.change, limit))
    return true
  }

  const made: Step[] = []
  for (const step of steps) {
    if (!(await patient(() => carryOut(step), limit))) break
    made.push(step)
  }
  return made
}
