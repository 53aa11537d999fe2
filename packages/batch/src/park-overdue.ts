import { type Outcome, park, type SourceRecord, SpillwayError } from '@spillway/message'
import { isUnavailable } from './outage.ts'

/** Codes of what no record is to blame for: it ends when somebody mends it, and then the record is written. */
const ofTheSystem: ReadonlySet<string> = new Set([
  'SPILLWAY_DEADLINE',
  'SPILLWAY_LANE_STOPPED',
  'SPILLWAY_PARK_FAILED',
  'SPILLWAY_STATUS_UNAVAILABLE',
  'SPILLWAY_TABLE_UNKNOWN',
  'SPILLWAY_WRITE_FAILED',
])

/**
 * The outcome of a record, or `park` in place of a retry for a record that is overdue and fails for a fault of its own:
 * on a stream it holds up all that comes after it.
 */
export function parkOverdue({ overdue = false }: SourceRecord, outcome: Outcome): Outcome {
  if (!overdue || outcome.kind !== 'retry') return outcome
  const { cause } = outcome
  if (isUnavailable(outcome)) return outcome
  const own = cause instanceof SpillwayError ? cause : undefined
  if (own !== undefined && ofTheSystem.has(own.code)) return outcome
  const failure = own?.message ?? `It failed with ${cause instanceof Error ? cause.name : 'no error'}.`
  const reason = {
    code: own?.code ?? 'SPILLWAY_RECORD_OVERDUE',
    detail: `The record was retried until it was too old. ${failure}`,
  }
  return park(reason, { cause })
}
