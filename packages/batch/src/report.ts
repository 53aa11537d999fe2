import type { Logger, SourceRecord, Telemetry } from '@spillway/message'
import { quietTelemetry } from '@spillway/message/internal'
import type { BatchOptions } from './batch-options.ts'
import { linesOf, logFailures } from './failure-lines.ts'
import type { MessagePart } from './message-names.ts'
import { type BatchSummary, type Failure, failuresOf, summarise } from './summary.ts'

/** How long a batch took. Milliseconds. */
export interface BatchTimes {
  readonly duration: number
  /** Of these, what was waited for something that was down. */
  readonly held: number
}

/** Says what became of each batch, message by message, to whom the options name. Never throws. */
export function createReport(
  options: Pick<BatchOptions, 'log' | 'telemetry'>,
  logger: Logger,
): (
  parts: readonly MessagePart[],
  times: BatchTimes,
  keyOf: (record: SourceRecord) => string | undefined,
) => void {
  const telemetry = options.telemetry && quietTelemetry(options.telemetry)
  const log = options.log ?? warnWith(logger)

  return function report(parts, times, keyOf) {
    const all = parts.map((part) => ({ ...part, failures: failuresOf(part.outcomes) }))
    const failed = all.filter(({ failures }) => failures.length > 0)
    for (const { name, outcomes, failures } of all) tell(summarise(name, outcomes, failures), failures, times)
    for (const { name, records, failures } of failed) {
      logFailures(logger, { name, keyOf, lines: linesOf(failed.length) }, records, failures)
    }
  }

  function tell(summary: BatchSummary, failures: readonly Failure[], times: BatchTimes): void {
    if (telemetry !== undefined) count(telemetry, failures, summary, times)
    try {
      const logged: unknown = log(times.held === 0 ? summary : { ...summary, held: times.held })
      // An asynchronous one that rejects would end the process.
      if (logged instanceof Promise) logged.catch(complain)
    } catch (thrown) {
      complain(thrown)
    }
  }

  // What is committed stays committed: a log must not have the whole batch delivered again.
  function complain(thrown: unknown): void {
    logger.error('spillway: the log of a batch threw', { error: thrown })
  }
}

function warnWith(logger: Logger): (summary: BatchSummary) => void {
  return ({ message, ...numbers }) => {
    if (numbers.retried + numbers.parked > 0) logger.warn(message, numbers)
  }
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
