import { type Backoff, type Clock, fullJitter } from '@spillway/message/internal'
import { retryThrottles } from '../event-source/invoke-batch.ts'
import type { Invocable } from '../event-source/types.ts'
import type { InvocationResult } from '../functions/index.ts'
import type { DiscardedBatch } from './destination.ts'
import type { LaneRecord } from './lane.ts'
import { readStreamResponse } from './response.ts'

/** What {@link createRunner} takes. */
export interface RunnerOptions {
  readonly function: Invocable
  readonly clock: Clock
  /** Stops the runner when it aborts. */
  readonly signal: AbortSignal
  readonly bisect: boolean
  /** `Infinity` for no limit. */
  readonly maximumRetries: number
  /** Milliseconds. */
  readonly maximumAge: number
  /** Called before and after each invocation. */
  onInvocation(running: boolean): void
  /** Called with the records that are done, in order. */
  onDone(records: readonly LaneRecord[]): void
  /** Called with the records that failed, which are retried or discarded. */
  onFailed(records: readonly LaneRecord[]): void
  /** Called with the problem of a malformed response and the records of its batch. */
  onMalformed(problem: string, records: readonly LaneRecord[]): void
  /** Called when a response names failed records. */
  onReturned(): void
  /** Discards records. Resolves when they are at their destination. */
  discard(records: readonly LaneRecord[], facts: DiscardFacts): Promise<void>
}

/** Why records are discarded. */
export type DiscardFacts = Pick<DiscardedBatch, 'reason' | 'invocations' | 'result'>

/** A batch, or the rest of it after a failure. */
interface Part {
  readonly records: readonly LaneRecord[]
  /** How many retries it has used. */
  readonly retries: number
  /** Failures since a record of it was done; they determine the back-off. */
  readonly failures: number
  readonly invocations: number
  readonly result: InvocationResult | undefined
}

const backoff: Backoff = { base: 200, cap: 10_000 }

/**
 * Creates a function that runs one batch until it is done or discarded, as Lambda does on a stream (Lambda developer
 * guide, "Using Lambda to process records from Amazon Kinesis"): a failed batch is retried before any record after it.
 *
 * A failure of the first record, thrown or returned, is a failure of the whole batch. With `bisect` such a batch is
 * split in two, and a batch whose response names a later record continues at that record. Neither counts as a retry.
 */
export function createRunner(options: RunnerOptions) {
  const { clock, signal } = options

  /** Tries a part once. Resolves with the parts that replace it. */
  async function attempt(whole: Part): Promise<readonly Part[]> {
    if (whole.failures > 0) {
      await clock.sleep(fullJitter(backoff, whole.failures, 0.5 + Math.random() / 2), signal)
    }
    if (signal.aborted) return []
    const part = await discardOld(whole, options)
    if (part.records.length === 0 || signal.aborted) return []
    const result = await invoke(part, options)
    // It was throttled until the records were too old, or until the stop. Neither is a failure of the function.
    if (!result.ok && result.kind === 'throttle') return [{ ...part, failures: Math.max(1, part.failures) }]
    const tried = { ...part, invocations: part.invocations + 1, result }
    return result.ok ? settle(tried, result.payload, options) : fail(tried, options)
  }

  return async (records: readonly LaneRecord[]): Promise<void> => {
    const parts: Part[] = [{ records, retries: 0, failures: 0, invocations: 0, result: undefined }]
    for (let part = parts.shift(); part !== undefined && !signal.aborted; part = parts.shift()) {
      parts.unshift(...(await attempt(part)))
    }
  }
}

async function invoke(part: Part, options: RunnerOptions): Promise<InvocationResult> {
  const { function: fn, maximumAge, clock, signal } = options
  const oldest = part.records[0]?.stored.approximateArrivalTimestamp ?? 0
  const event = { Records: part.records.map(({ record }) => record) }
  options.onInvocation(true)
  const result = await retryThrottles(fn, event, oldest + maximumAge, clock, signal)
  options.onInvocation(false)
  return result
}

/** Discards the records that are too old and resolves with the rest. */
async function discardOld(part: Part, { clock, maximumAge, discard }: RunnerOptions): Promise<Part> {
  const limit = clock.now() - maximumAge
  const young = part.records.findIndex(({ stored }) => stored.approximateArrivalTimestamp >= limit)
  const count = young < 0 ? part.records.length : young
  if (count === 0) return part
  const { invocations, result } = part
  await discard(part.records.slice(0, count), { reason: 'RecordAgeExceeded', invocations, result })
  return { ...part, records: part.records.slice(count) }
}

/** Reads the response to a part; resolves with the remaining parts. */
async function settle(part: Part, payload: unknown, options: RunnerOptions): Promise<readonly Part[]> {
  const numbers = part.records.map(({ stored }) => stored.sequenceNumber)
  const { done, problem } = readStreamResponse(numbers, payload)
  if (problem !== undefined) options.onMalformed(problem, part.records)
  else if (done < part.records.length) options.onReturned()
  options.onDone(part.records.slice(0, done))
  const records = part.records.slice(done)
  if (records.length === 0) return []
  if (done === 0) return fail(part, options)
  options.onFailed(records)
  return options.bisect
    ? [{ ...part, records, failures: 1 }]
    : retryOrDiscard({ ...part, records, failures: 0 }, options)
}

/** Handles the failure of a whole part; resolves with the parts that replace it. */
async function fail(part: Part, options: RunnerOptions): Promise<readonly Part[]> {
  options.onFailed(part.records)
  if (!options.bisect || part.records.length === 1) return retryOrDiscard(part, options)
  const middle = Math.ceil(part.records.length / 2)
  const failures = part.failures + 1
  return [
    { ...part, records: part.records.slice(0, middle), failures },
    { ...part, records: part.records.slice(middle), failures: 0 },
  ]
}

async function retryOrDiscard(part: Part, options: RunnerOptions): Promise<readonly Part[]> {
  if (part.retries < options.maximumRetries) {
    return [{ ...part, retries: part.retries + 1, failures: part.failures + 1 }]
  }
  const { invocations, result } = part
  await options.discard(part.records, { reason: 'RetryAttemptsExhausted', invocations, result })
  return []
}
