import { type Logger, SpillwayError, type TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { alarmState } from './alarm-state.ts'
import { checkHealth } from './check-health.ts'
import { type HandlerContext, limited } from './limited.ts'
import type { EventSourceSwitch } from './switch.ts'

/** What came of an alarm. */
export interface AlarmResult {
  /** `undefined` when nobody asked: there is no `check`, or the alarm is over. */
  readonly healthy: boolean | undefined
  /** Whether the mapping is off now, by this handler or before it. */
  readonly off: boolean
}

/** A Lambda handler for the events of a CloudWatch alarm. Rejects when the mapping could not be changed: Lambda retries. */
export type AlarmHandler = (event: unknown, context?: HandlerContext) => Promise<AlarmResult>

/** What {@link createAlarm} takes. */
export interface AlarmOptions {
  readonly mapping: EventSourceSwitch
  readonly check: ((limit: TimeLimit) => Promise<unknown>) | undefined
  /** Milliseconds. */
  readonly checkTimeout: number
  /** Switches the mapping off; gives whether it did. */
  open(limit: TimeLimit): Promise<boolean>
  readonly logger: Logger
  readonly clock: Clock
}

/** Opens for an alarm, unless the check resolves: then invocations fail for another reason, which no breaker mends. */
export function createAlarm({
  mapping,
  check,
  checkTimeout,
  open,
  logger,
  clock,
}: AlarmOptions): AlarmHandler {
  async function answerTo(limit: TimeLimit): Promise<AlarmResult> {
    const healthy = check && (await checkHealth(check, checkTimeout, limit, clock, logger))
    if (healthy) {
      logger.warn('breaker: there is an alarm, but the database answers: the mapping is not switched off')
      return { healthy, off: false }
    }
    // Where another change is under way, nobody knows what it leads to: the next attempt will.
    if (!(await open(limit)) && (await mapping.read(limit)).state !== 'disabled') throw notOff()
    return { healthy, off: true }
  }

  return async function alarm(event, context) {
    if (alarmState(event) !== 'ALARM') return { healthy: undefined, off: false }
    return limited(context, clock, answerTo)
  }
}

function notOff(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SWITCH_FAILED',
    'breaker: the event source mapping could not be switched off: somebody else changes it.',
  )
}
