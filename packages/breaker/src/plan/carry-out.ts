import type { TimeLimit } from '@spillway/message'
import type { EventSourceSwitch } from '../switch.ts'
import type { Step } from './plan.ts'

/** Makes one step. Gives `false` when the plan ends with it, because the mapping is no longer what it was. */
async function carryOut(step: Step, to: EventSourceSwitch, limit: TimeLimit): Promise<boolean> {
  if (step.onlyIf !== undefined && !step.onlyIf(await to.read(limit))) return false
  await (step.kind === 'note' ? to.note(step.notes, limit) : to.change(step.change, limit))
  return true
}

/** Makes the steps of a plan, one after the other, and gives those that it made. */
export async function carryOutAll(
  steps: readonly Step[],
  to: EventSourceSwitch,
  limit: TimeLimit,
): Promise<readonly Step[]> {
  const made: Step[] = []
  for (const step of steps) {
    if (!(await carryOut(step, to, limit))) break
    made.push(step)
  }
  return made
}
