import { type Logger, SpillwayError, type TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { alarmState } from './alarm-state.ts'
import { checkHealth } from './check-health.ts'
import { type HandlerContext, limited } from './limited.ts'
import type { EventSourceSwitch } from './switch.ts'

/** The result of handling an alarm. */
export interface AlarmResult {
  /**
   * Whether the database answered; `undefined` when `check` was not called, because there is none or the alarm is over.
   */
  readonly healthy: boolean | undefined
  /** Whether the mapping is off now, switched off by this call or before it. */
  readonly off: boolean
}

/**
 * A Lambda handler for the events of a CloudWatch alarm. It rejects when the mapping could not be changed, so that
 * Lambda retries.
 */
export type AlarmHandler = (event: unknown, context?: HandlerContext) => Promise<AlarmResult>

/** What {@link createAlarm} takes. */
export interface AlarmOptions {
  readonly mapping: EventSourceSwitch
  readonly check: ((limit: TimeLimit) => Promise<unknown>) | undefined
  /** Milliseconds. */
  readonly checkTimeout: number
  /** Switches the mapping off; resolves with whether it did. */
  open(limit: TimeLimit): Promise<boolean>
  readonly logger: Logger
  readonly clock: Clock
}

/**
 * Opens the breaker for an alarm, unless the check resolves: then invocations fail for another reason, and switching
 * the mapping off would not help.
 */
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
      logger.warn('breaker: an alarm was raised but the database answers, so the mapping stays on')
      return { healthy, off: false }
    }
    // While another change is in progress its result is unknown, so fail and let the next attempt decide.
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
    'breaker: the event source mapping could not be switched off because another change is in progress.',
  )
}
