import { type LogFields, type Logger, type ParkOutcome, type SourceRecord, toError } from '@spillway/message'
import type { Failure } from './summary.ts'

/** A batch whose codes are all different is no reason for a thousand lines. */
const mostLines = 20

/** How many lines each of so many messages of a batch has: one at least, and no more in all than one message has. */
export function linesOf(messages: number): number {
  return Math.max(1, Math.floor(mostLines / messages))
}

/** How many invalid places of a body are named. */
const mostIssues = 5

/** What the lines of a batch are about. */
export interface Named {
  readonly name: string
  /** How many there are at most. */
  readonly lines: number
  /** The key of the message in a record. */
  keyOf(record: SourceRecord): string | undefined
}

/**
 * Says what failed: a line for each code, with how many records have it, and of the first of them what was thrown and
 * by what it is found. Never a payload.
 */
export function logFailures(
  logger: Logger,
  { name, lines, keyOf }: Named,
  records: readonly SourceRecord[],
  failures: readonly Failure[],
): void {
  for (const failure of failures.slice(0, lines)) {
    const { code, outcome, position } = failure
    const record = records[position]
    const key = record && keyOf(record)
    const fields: LogFields = {
      name,
      code,
      records: failure.records,
      recordId: record?.id,
      ...(key !== undefined && { key }),
      receiveCount: record?.receiveCount,
    }
    const count = `${name}: ${failure.records} of ${records.length} records`
    if (outcome.kind === 'park') {
      logger.warn(`${count} parked: ${code}`, { ...fields, ...parkFields(outcome) })
    } else {
      const { cause } = outcome
      const line = `${count} to be delivered again: ${code}`
      // What follows a failure is none of its own.
      if (code === 'SPILLWAY_LANE_STOPPED') logger.info(line, fields)
      else if (cause === undefined) logger.warn(line, fields)
      else logger.error(line, { ...fields, error: toError(cause) })
    }
  }
  const left = failures.length - lines
  if (left > 0) logger.warn(`${name}: ${left} more codes of this batch have no line`, { name })
}

function parkFields({ reason: { detail, issues }, cause }: ParkOutcome) {
  return {
    detail,
    ...(issues !== undefined && { issues: issues.slice(0, mostIssues) }),
    ...(cause !== undefined && { error: toError(cause) }),
  }
}
