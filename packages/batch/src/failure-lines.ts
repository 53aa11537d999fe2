import { type LogFields, type Logger, type ParkOutcome, type SourceRecord, toError } from '@spillway/message'
import type { Failure } from './summary.ts'

/** The most lines of a batch, so that a batch of a thousand different codes does not write a thousand lines. */
const mostLines = 20

/** The most lines of each message, by the number of messages in a batch. */
export function linesOf(messages: number): number {
  return Math.max(1, Math.floor(mostLines / messages))
}

/** The most issues of a schema in a line. */
const mostIssues = 5

/** The message that lines are about. */
export interface Named {
  readonly name: string
  /** The most lines. */
  readonly lines: number
  /** The key of the message in a record. */
  keyOf(record: SourceRecord): string | undefined
}

/**
 * Logs failures: a line for each code, with the number of its records, and the error, id and key of the first one. Never
 * a payload.
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
      // These records failed only because they wait for another one.
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
