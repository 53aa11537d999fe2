import {
  isOutcome,
  type Outcome,
  type ParkReason,
  park,
  type RecordSource,
  retry,
  type SourceRecord,
  SpillwayError,
  toError,
} from '@spillway/message'
import { inParallel } from '@spillway/message/internal'
import type { Deadline } from './deadline.ts'

/** A record and what became of it. */
export interface Settled {
  readonly record: SourceRecord
  readonly outcome: Outcome
}

/** A writer's answer as one outcome per record. Whatever is not an outcome counts as "not done". */
export function toOutcomes(answer: unknown, count: number): readonly Outcome[] {
  if (!Array.isArray(answer) || answer.length !== count) {
    const got = Array.isArray(answer) ? `${answer.length} outcomes` : 'no list of outcomes'
    const cause = outcomeInvalid(`The writer gave ${got} for ${count} records.`)
    return new Array<Outcome>(count).fill(retry({ cause }))
  }
  return Array.from(answer, (outcome: unknown) =>
    isOutcome(outcome)
      ? outcome
      : retry({ cause: outcomeInvalid('The writer gave something that is no outcome.') }),
  )
}

function outcomeInvalid(message: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_OUTCOME_INVALID',
    `${message} Answer done(), retry() or park() for each.`,
  )
}

/** How many copies are sent to the dead-letter queue at once. */
const parkConcurrency = 10

/**
 * Sends the copies of parked records. One that is not confirmed in time becomes a retry: it must not be lost.
 */
export async function parkAll(
  source: RecordSource,
  settled: readonly Settled[],
  deadline: Deadline,
): Promise<readonly Settled[]> {
  const results = [...settled]
  async function parkOne(record: SourceRecord, reason: ParkReason): Promise<Outcome> {
    if (deadline.expired) return retry({ cause: outOfTime() })
    try {
      const confirmed = await deadline.race(source.park(record, reason, deadline).then(() => true))
      return confirmed ? park(reason) : retry({ cause: outOfTime() })
    } catch (thrown) {
      return retry({ cause: toError(thrown) })
    }
  }
  await inParallel(settled.entries(), parkConcurrency, async ([index, { record, outcome }]) => {
    if (outcome.kind === 'park') results[index] = { record, outcome: await parkOne(record, outcome.reason) }
  })
  return results
}

/** Asks the source for a later delivery of the records whose retry names a time. */
export async function delayRetries(
  source: RecordSource,
  settled: readonly Settled[],
  deadline: Deadline,
): Promise<void> {
  const delays = settled.flatMap(({ record, outcome }) =>
    outcome.kind === 'retry' && outcome.after !== undefined ? [{ record, seconds: outcome.after }] : [],
  )
  if (delays.length > 0) await deadline.race(source.delay(delays, deadline))
}

/** Why a record is returned that nobody had the time for. */
export function outOfTime(): SpillwayError {
  return new SpillwayError('SPILLWAY_DEADLINE', 'The invocation ran out of time before the record was done.')
}

/** What `@middy/sqs-partial-batch-failure` turns into `batchItemFailures`. */
export function toSettledResult(outcome: Outcome): PromiseSettledResult<undefined> {
  if (outcome.kind !== 'retry') return { status: 'fulfilled', value: undefined }
  return { status: 'rejected', reason: toError(outcome.cause ?? new Error('the writer asked for a retry')) }
}
