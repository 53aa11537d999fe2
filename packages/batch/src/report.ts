import type { Logger, SourceRecord, Telemetry } from '@spillway/message'
import { quietTelemetry } from '@spillway/message/internal'
import { linesOf, logFailures } from './failure-lines.ts'
import type { MessagePart } from './message-names.ts'
import { type BatchSummary, type Failure, failuresOf, summarise } from './summary.ts'

/** The times of a batch. Milliseconds. */
export interface BatchTimes {
  readonly duration: number
  /** The part of it in which the invocation held. */
  readonly held: number
}

/** Reports batches to the logger and to telemetry, each message by itself. Never throws. */
export function createReport(
  userTelemetry: Telemetry | undefined,
  logger: Logger,
): (
  parts: readonly MessagePart[],
  times: BatchTimes,
  keyOf: (record: SourceRecord) => string | undefined,
) => void {
  const telemetry = userTelemetry && quietTelemetry(userTelemetry)

  return function report(parts, times, keyOf) {
    const all = parts.map((part) => ({ ...part, failures: failuresOf(part.outcomes) }))
    const failed = all.filter(({ failures }) => failures.length > 0)
    for (const { name, outcomes, failures } of all) {
      const summary = summarise(name, outcomes, failures)
      if (telemetry !== undefined) count(telemetry, failures, summary, times)
      if (failures.length > 0) warn(logger, summary, times)
    }
    for (const { name, records, failures } of failed) {
      logFailures(logger, { name, keyOf, lines: linesOf(failed.length) }, records, failures)
    }
  }
}

function warn(logger: Logger, { message, ...numbers }: BatchSummary, { held }: BatchTimes): void {
  logger.warn(message, held === 0 ? numbers : { ...numbers, held })
}

const counterOf = { retry: 'spillway.batch.retried', park: 'spillway.batch.parked' } as const

function count(
  telemetry: Telemetry,
  failures: readonly Failure[],
  { name: message, done }: BatchSummary,
  { duration, held }: BatchTimes,
): void {
  if (done > 0) telemetry.count('spillway.batch.done', done, { message })
  for (const { code, outcome, records } of failures) {
    telemetry.count(counterOf[outcome.kind], records, { message, code })
  }
  telemetry.duration('spillway.batch.duration', duration, { message })
  if (held > 0) telemetry.duration('spillway.batch.held', held, { message })
}
