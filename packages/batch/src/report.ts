import type { Logger, Outcome, Telemetry } from '@spillway/message'
import { quietLogger, quietTelemetry } from '@spillway/message/internal'
import type { BatchOptions } from './batch-options.ts'
import { type BatchSummary, codesOf, logSummary, summarise } from './summary.ts'

/** How long a batch took. Milliseconds. */
export interface BatchTimes {
  readonly duration: number
  /** Of these, what was waited for something that was down. */
  readonly held: number
}

/** Says what became of each batch, to whom the options name. Never throws. */
export function createReport(
  name: string,
  options: Pick<BatchOptions, 'log' | 'logger' | 'telemetry'>,
): (outcomes: readonly Outcome[], times: BatchTimes) => void {
  const telemetry = quietTelemetry(options.telemetry)
  const logger = options.logger && quietLogger(options.logger)
  const log = options.log ?? (logger === undefined ? logSummary : warnWith(logger))

  return function report(outcomes, times) {
    try {
      const summary = summarise(name, outcomes)
      if (options.telemetry !== undefined) count(telemetry, outcomes, summary, times)
      const logged: unknown = log(times.held === 0 ? summary : { ...summary, held: times.held })
      // An asynchronous one that rejects would end the process.
      if (logged instanceof Promise) logged.catch(complain)
    } catch (thrown) {
      complain(thrown)
    }
  }

  // What is committed stays committed: a log must not have the whole batch delivered again.
  function complain(thrown: unknown): void {
    if (logger === undefined) console.error(thrown)
    else logger.error('spillway: the log of a batch threw', { error: thrown })
  }
}

function warnWith(logger: Logger): (summary: BatchSummary) => void {
  return ({ message, ...numbers }) => {
    if (numbers.retried + numbers.parked > 0) logger.warn(message, numbers)
  }
}

function count(
  telemetry: Telemetry,
  outcomes: readonly Outcome[],
  { name: message, done }: BatchSummary,
  { duration, held }: BatchTimes,
): void {
  if (done > 0) telemetry.count('spillway.batch.done', done, { message })
  for (const [code, records] of Object.entries(codesOf(outcomes, 'retry'))) {
    telemetry.count('spillway.batch.retried', records, { message, code })
  }
  for (const [code, records] of Object.entries(codesOf(outcomes, 'park'))) {
    telemetry.count('spillway.batch.parked', records, { message, code })
  }
  telemetry.duration('spillway.batch.duration', duration, { message })
  if (held > 0) telemetry.duration('spillway.batch.held', held, { message })
}
