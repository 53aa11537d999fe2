import { type Logger, SpillwayError, type TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { checkHealth } from './check-health.ts'
import { type HandlerContext, limited } from './limited.ts'
import { newId } from './opener.ts'
import { createPatience } from './patience.ts'
import { carryOutAll } from './plan/carry-out.ts'
import { phaseOf } from './plan/phase.ts'
import { needsCheck, planProbe } from './plan/plan.ts'
import type { EventSourceSwitch } from './switch.ts'

/** What a probe found and did. */
export interface ProbeResult {
  /** How things stood when it came. `changing`: a change was under way, and the next probe will see. */
  readonly phase: 'closed' | 'changing' | 'open' | 'half-open' | 'taken-over'
  /** Whether the database answered; `undefined` when nobody asked. */
  readonly healthy: boolean | undefined
  /** Whether it changed or noted something. */
  readonly acted: boolean
}

/** A Lambda handler. It rejects when the mapping could not be read or changed: the next one goes on from there. */
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

/** Looks at a mapping and does what is due. */
export function createProbe(options: ProbeOptions): ProbeHandler {
  const { mapping, check, checkTimeout, healthyPeriod, logger, clock, random } = options
  const patient = createPatience(clock, random)

  return async function probe(_event, context) {
    if (check === undefined) throw withoutCheck()
    return limited(context, clock, look)
  }

  async function look(limit: TimeLimit): Promise<ProbeResult> {
    const reading = await patient(() => mapping.read(limit), limit)
    const phase = phaseOf(reading).name
    const healthy =
      check !== undefined && needsCheck(reading)
        ? await checkHealth(check, checkTimeout, limit, clock, logger)
        : undefined
    const now = clock.now()
    const steps = planProbe(reading, { healthy: healthy === true, now, healthyPeriod, id: newId() })
    const acted = (await carryOutAll(steps, { mapping, limit, patient })).length > 0
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
  if (phase === 'taken-over') return 'and somebody else changed the mapping: it is left to them'
  if (phase === 'open') return 'the database answers: the mapping was switched on, two invocations at a time'
  return healthy
    ? 'the database answers: the mapping goes on'
    : 'the database does not answer: the mapping was switched off'
}
