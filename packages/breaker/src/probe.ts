import { type Logger, SpillwayError, type TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { checkHealth } from './check-health.ts'
import { type HandlerContext, limited } from './limited.ts'
import { newId } from './opener.ts'
import { carryOutAll } from './plan/carry-out.ts'
import { phaseOf } from './plan/phase.ts'
import { needsCheck, planProbe } from './plan/plan.ts'
import { createRetries } from './retries.ts'
import type { EventSourceSwitch } from './switch.ts'

/** The result of a probe. */
export interface ProbeResult {
  /** The phase that it found. With `changing`, a change is in progress and the next probe decides. */
  readonly phase: 'closed' | 'changing' | 'open' | 'half-open' | 'taken-over'
  /** Whether the database answered; `undefined` when `check` was not called. */
  readonly healthy: boolean | undefined
  /** Whether it changed the mapping or its notes. */
  readonly acted: boolean
}

/** A Lambda handler. It rejects when the mapping could not be read or changed; the next probe continues from there. */
export type ProbeHandler = (event?: unknown, context?: HandlerContext) => Promise<ProbeResult>

/** What {@link createProbe} takes. */
export interface ProbeOptions {
  readonly mapping: EventSourceSwitch
  readonly check: ((limit: TimeLimit) => Promise<unknown>) | undefined
  /** Milliseconds. */
  readonly healthyPeriod: number
  /** Milliseconds. */
  readonly checkTimeout: number
  readonly logger: Logger
  readonly clock: Clock
  readonly random: () => number
}

/** Creates the probe: it reads the mapping and carries out the next steps. */
export function createProbe(options: ProbeOptions): ProbeHandler {
  const { mapping, check, checkTimeout, healthyPeriod, logger, clock, random } = options
  const withRetries = createRetries(clock, random)

  return async function probe(_event, context) {
    if (check === undefined) throw withoutCheck()
    return limited(context, clock, look)
  }

  async function look(limit: TimeLimit): Promise<ProbeResult> {
    const reading = await withRetries(() => mapping.read(limit), limit)
    const phase = phaseOf(reading).name
    const healthy =
      check !== undefined && needsCheck(reading)
        ? await checkHealth(check, checkTimeout, limit, clock, logger)
        : undefined
    const now = clock.now()
    const steps = planProbe(reading, { healthy: healthy === true, now, healthyPeriod, id: newId() })
    const acted = (await carryOutAll(steps, { mapping, limit, withRetries })).length > 0
    if (acted) logger.warn(`breaker: it was ${phase}, ${meaning(phase, healthy)}`)
    return { phase, healthy, acted }
  }
}

function withoutCheck(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    'breaker: the option `check` is missing; the probe needs it.',
  )
}

function meaning(phase: ProbeResult['phase'], healthy: boolean | undefined): string {
  if (phase === 'taken-over')
    return 'and someone else has changed the mapping, so the breaker leaves it alone'
  if (phase === 'open') return 'the database answers: the mapping was switched on, two invocations at a time'
  return healthy
    ? 'the database answers: the mapping stays on'
    : 'the database does not answer: the mapping was switched off'
}
