import {
  isUnavailable as isDown,
  type Outcome,
  park,
  type SourceRecord,
  SpillwayError,
} from '@spillway/message'
import { isUnavailable } from './outage.ts'

/** Codes of what no record is to blame for: it ends when somebody mends it, and then the record is written. */
const ofTheSystem: ReadonlySet<string> = new Set([
  'SPILLWAY_DATABASE_FAULT',
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
  const { cause, unavailable } = outcome
  if (isUnavailable(outcome)) return outcome
  const own = cause instanceof SpillwayError ? cause : undefined
  // A writer may know that it is the record's own fault, though its code is that of a write.
  if (unavailable !== false && own !== undefined && isOfTheSystem(own)) return outcome
  const failure = own?.message ?? `It failed with ${cause instanceof Error ? cause.name : 'no error'}.`
  const reason = {
    code: own?.code ?? 'SPILLWAY_RECORD_OVERDUE',
    detail: `The record was retried until it was too old. ${failure}`,
  }
  return park(reason, { cause })
}

/** Where the bodies are is one place for all records: while it cannot be reached, none is to blame. */
function isOfTheSystem({ code, cause }: SpillwayError): boolean {
  return ofTheSystem.has(code) || (code === 'SPILLWAY_CLAIM_FAILED' && isDown(cause))
}
