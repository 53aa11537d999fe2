import type { Logger, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { createPatience, yielding } from './patience.ts'
import { carryOutAll } from './plan/carry-out.ts'
import { planOpening } from './plan/plan.ts'
import type { EventSourceSwitch } from './switch.ts'

/** What {@link createOpener} takes. */
export interface OpenerOptions {
  readonly mapping: EventSourceSwitch
  readonly logger: Logger
  readonly clock: Clock
  readonly random: () => number
}

/** The most that an environment waits before it opens, so that not all of them ask at the same moment. Milliseconds. */
const longestSpread = 2_000
const spreadShare = 0.25

/** A new id of an opening. */
export function newId(): string {
  return crypto.randomUUID()
}

/**
 * Switches a mapping off, unless it is off. Environments find an outage at the same time: each waits for a moment of its
 * own, and those that come later find that the mapping is off already. Gives whether it switched it off. Rejects with what the switch rejects with.
 */
export function createOpener(options: OpenerOptions): (limit: TimeLimit) => Promise<boolean> {
  const { mapping, logger, clock, random } = options
  const patient = createPatience(clock, random)
  const yields = createPatience(clock, random, yielding)
  return async function open(limit) {
    const spread = Math.floor(Math.min(longestSpread, limit.remainingTime() * spreadShare) * random())
    if (spread > 0) await clock.sleep(spread, limit.signal)
    limit.signal.throwIfAborted()
    const reading = await yields(() => mapping.read(limit), limit)
    const steps = planOpening(reading, newId())
    const made = await carryOutAll(steps, { mapping, limit, patient, fresh: reading })
    const isChanged = made.some(({ kind }) => kind === 'change')
    if (isChanged) {
      logger.warn('breaker: open, the event source mapping was switched off: its database is not available')
    }
    return isChanged
  }
}
