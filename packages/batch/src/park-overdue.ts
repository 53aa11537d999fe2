import {
  isUnavailable as isDown,
  type Outcome,
  park,
  type SourceRecord,
  SpillwayError,
} from '@spillway/message'
import { isUnavailable } from './outage.ts'

/** Codes of faults of the system: once the fault is repaired, the record is written. */
const systemFaults: ReadonlySet<string> = new Set([
  'SPILLWAY_DATABASE_FAULT',
  'SPILLWAY_DEADLINE',
  'SPILLWAY_LANE_STOPPED',
  'SPILLWAY_PARK_FAILED',
  'SPILLWAY_STATUS_UNAVAILABLE',
  'SPILLWAY_TABLE_UNKNOWN',
  'SPILLWAY_WRITE_FAILED',
])

/**
 * The outcome of a record. A retry becomes `park` if the record is overdue and fails because of itself: on a stream it
 * blocks all records after it.
 */
export function parkOverdue({ overdue = false }: SourceRecord, outcome: Outcome): Outcome {
  if (!overdue || outcome.kind !== 'retry') return outcome
  const { cause, unavailable } = outcome
  if (isUnavailable(outcome)) return outcome
  const own = cause instanceof SpillwayError ? cause : undefined
  // With `unavailable: false` a writer says that the record is at fault, whatever the code.
  if (unavailable !== false && own !== undefined && isSystemFault(own)) return outcome
  const failure = own?.message ?? `It failed with ${cause instanceof Error ? cause.name : 'no error'}.`
  const reason = {
    code: own?.code ?? 'SPILLWAY_RECORD_OVERDUE',
    detail: `The record was retried until it was too old. ${failure}`,
  }
  return park(reason, { cause })
}

/** Whether an error is a fault of the system. All claims need the same store: while it is down, no record is at fault. */
function isSystemFault({ code, cause }: SpillwayError): boolean {
  return systemFaults.has(code) || (code === 'SPILLWAY_CLAIM_FAILED' && isDown(cause))
}
