import { SpillwayError } from '@spillway/message'

/**
 * The state that an event of a CloudWatch alarm tells: of EventBridge ("CloudWatch Alarm State Change"), of an SNS topic
 * that the alarm notifies, or of an alarm that invokes the function itself (Amazon CloudWatch User Guide).
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
    'breaker: open() got an event that is not of a CloudWatch alarm. Invoke it by a rule of EventBridge, an SNS topic or an action of the alarm.',
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
