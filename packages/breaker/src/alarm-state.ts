import { SpillwayError } from '@spillway/message'

/**
 * Reads the state from the event of a CloudWatch alarm, which may come through EventBridge ("CloudWatch Alarm State
 * Change"), through an SNS topic, or from the alarm itself (Amazon CloudWatch User Guide).
 *
 * @throws SpillwayError `SPILLWAY_ALARM_INVALID` for any other event
 */
export function alarmState(event: unknown): string {
  const state =
    at(event, 'detail', 'state', 'value') ??
    at(event, 'alarmData', 'state', 'value') ??
    at(parsed(at(event, 'Records', '0', 'Sns', 'Message')), 'NewStateValue')
  if (state === 'ALARM' || state === 'OK' || state === 'INSUFFICIENT_DATA') return state
  throw new SpillwayError(
    'SPILLWAY_ALARM_INVALID',
    'breaker: open() got an event that is not from a CloudWatch alarm. Invoke it through an EventBridge rule, an SNS topic or an alarm action.',
  )
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}
