import type { Outcome } from '@spillway/message'
import { isUnavailableOutcome } from '@spillway/message/internal'

/** What says nothing of the database: the record never reached the handler. */
const neutral: ReadonlySet<unknown> = new Set([
  'SPILLWAY_BODY_INVALID',
  'SPILLWAY_CLAIM_MISSING',
  'SPILLWAY_ENVELOPE_INVALID',
  'SPILLWAY_LANE_STOPPED',
])

/**
 * Whether nothing of a batch was done because what its records need is down, as `batch` sees it. Records that could not
 * be read, and those that follow one that is not done, say nothing.
 */
export function isOutage(outcomes: readonly Outcome[]): boolean {
  const telling = outcomes.filter((outcome) => !neutral.has(codeOf(outcome)))
  return telling.length > 0 && telling.every(isUnavailableOutcome)
}

function codeOf(outcome: Outcome): unknown {
  if (outcome.kind === 'park') return outcome.reason.code
  return outcome.kind === 'retry' ? (Object(outcome.cause) as { readonly code?: unknown }).code : undefined
}
