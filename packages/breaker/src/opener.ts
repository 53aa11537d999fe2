import type { Logger, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { carryOutAll } from './plan/carry-out.ts'
import { planOpening } from './plan/plan.ts'
import { createRetries, lowPriority } from './retries.ts'
import type { EventSourceSwitch } from './switch.ts'

/** What {@link createOpener} takes. */
export interface OpenerOptions {
  readonly mapping: EventSourceSwitch
  readonly logger: Logger
  readonly clock: Clock
  readonly random: () => number
}

/**
 * The longest random wait of an environment before it opens, so that not all environments call Lambda at the same
 * moment. Milliseconds.
 */
const longestSpread = 2_000
const spreadShare = 0.25

/** A new id of an opening. */
export function newId(): string {
  return crypto.randomUUID()
}

/**
 * Switches a mapping off, unless it is off, and resolves with whether it did. Many environments notice an outage at the
 * same time, so each first waits for a random time; later ones find the mapping already off. Rejects with the error of
 * the switch.
 */
export function createOpener(options: OpenerOptions): (limit: TimeLimit) => Promise<boolean> {
  const { mapping, logger, clock, random } = options
  const withRetries = createRetries(clock, random)
  const withLowPriority = createRetries(clock, random, lowPriority)
  return async function open(limit) {
    const spread = Math.floor(Math.min(longestSpread, limit.remainingTime() * spreadShare) * random())
    if (spread > 0) await clock.sleep(spread, limit.signal)
    limit.signal.throwIfAborted()
    const reading = await withLowPriority(() => mapping.read(limit), limit)
    const steps = planOpening(reading, newId())
    const made = await carryOutAll(steps, { mapping, limit, withRetries, fresh: reading })
    const isChanged = made.some(({ kind }) => kind === 'change')
    if (isChanged) {
      logger.warn('breaker: open, the event source mapping was switched off: its database is not available')
    }
    return isChanged
  }
}
