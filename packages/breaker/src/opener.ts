import type { Logger, TimeLimit } from '@spillway/message'
import { carryOutAll } from './plan/carry-out.ts'
import { planOpening } from './plan/plan.ts'
import type { EventSourceSwitch } from './switch.ts'

/** What {@link createOpener} takes. */
export interface OpenerOptions {
  readonly mapping: EventSourceSwitch
  readonly logger: Logger
}

/** A new id of an opening. */
export function newId(): string {
  return crypto.randomUUID()
}

/** Switches a mapping off, unless it is off. Rejects with what the switch rejects with. */
export function createOpener({ mapping, logger }: OpenerOptions): (limit: TimeLimit) => Promise<void> {
  return async function open(limit) {
    const steps = planOpening(await mapping.read(limit), newId())
    const made = await carryOutAll(steps, mapping, limit)
    if (made.some(({ kind }) => kind === 'change')) {
      logger.warn('breaker: open, the event source mapping was switched off: its database is not available')
    }
  }
}
