import { type Backoff, type Clock, fullJitter } from '@spillway/message/internal'
import { invokePatiently } from '../event-source/invoke-batch.ts'
import type { Invocable } from '../event-source/types.ts'
import type { InvocationResult } from '../functions/index.ts'
import type { DiscardedBatch } from './destination.ts'
import type { LaneRecord } from './lane.ts'
import { readStreamResponse } from './response.ts'

/** What {@link createRunner} takes. */
export interface RunnerOptions {
  readonly function: Invocable
  readonly clock: Clock
  /** When it aborts, what is not done stays not done. */
  readonly signal: AbortSignal
  readonly bisect: boolean
  /** `Infinity` for no end. */
  readonly maximumRetries: number
  /** Milliseconds. */
  readonly maximumAge: number
  /** Called around each invocation. */
  onInvocation(running: boolean): void
  /** Called with records that are done, in order. */
  onDone(records: readonly LaneRecord[]): void
  /** Called with the records of a failure: they come again, or are given up. */
  onFailed(records: readonly LaneRecord[]): void
  /** Called with the fault of a response, and the records that it is about. */
  onMalformed(problem: string, records: readonly LaneRecord[]): void
  /** Called when a response names records that are to come again. */
  onReturned(): void
  /** Called with what is given up. Resolves when nothing more is to be done about it. */
  discard(records: readonly LaneRecord[], facts: DiscardFacts): Promise<void>
}

/** Why records are given up. */
export type DiscardFacts = Pick<DiscardedBatch, 'reason' | 'invocations' | 'result'>

/** A batch, or what a failure has left of it. */
interface Part {
  readonly records: readonly LaneRecord[]
  /** Retries that it has used. */
  readonly retries: number
  /** Failures since something of it was done: how long it waits. */
  readonly failures: number
  readonly invocations: number
  readonly result: InvocationResult | undefined
}

const backoff: Backoff = { base: 200, cap: 10_000 }

/**
 * Makes what runs one batch to its end, as Lambda does on a stream (Lambda developer guide, "Using Lambda to process
 * records from Amazon Kinesis"): what fails is tried again before anything that comes after it.
 *
 * A failure of the first record is a failure of the whole batch, be it thrown or returned. With `bisect` such a batch
 * goes on as two halves, and one whose response names a later record goes on from there; neither uses up a retry.
 */
export function createRunner(options: RunnerOptions) {
  const { function: fn, clock, signal, bisect, maximumRetries, maximumAge } = options

  async function invoke(part: Part): Promise<InvocationResult> {
    const oldest = part.records[0]?.stored.approximateArrivalTimestamp ?? 0
    const event = { Records: part.records.map(({ record }) => record) }
    options.onInvocation(true)
    const result = await invokePatiently(fn, event, oldest + maximumAge, clock, signal)
    options.onInvocation(false)
    return result
  }

  /** Gives up what is too old, and gives the rest. */
  async function dropOld(part: Part): Promise<Part> {
    const limit = clock.now() - maximumAge
    const young = part.records.findIndex(({ stored }) => stored.approximateArrivalTimestamp >= limit)
    const count = young < 0 ? part.records.length : young
    if (count === 0) return part
    const { invocations, result } = part
    await options.discard(part.records.slice(0, count), { reason: 'RecordAgeExceeded', invocations, result })
    return { ...part, records: part.records.slice(count) }
  }

  /** Tries a part once. Gives what takes its place. */
  async function attempt(whole: Part): Promise<readonly Part[]> {
    if (whole.failures > 0) {
      await clock.sleep(fullJitter(backoff, whole.failures, 0.5 + Math.random() / 2), signal)
    }
    if (signal.aborted) return []
    const part = await dropOld(whole)
    if (part.records.length === 0 || signal.aborted) return []
    const result = await invoke(part)
    // Throttled until a record is too old, or until the end: neither is a failure of the function.
    if (!result.ok && result.kind === 'throttle') return [{ ...part, failures: Math.max(1, part.failures) }]
    const tried = { ...part, invocations: part.invocations + 1, result }
    if (!result.ok) return failed(tried)
    const numbers = part.records.map(({ stored }) => stored.sequenceNumber)
    const { done, problem } = readStreamResponse(numbers, result.payload)
    if (problem !== undefined) options.onMalformed(problem, part.records)
    else if (done < part.records.length) options.onReturned()
    options.onDone(part.records.slice(0, done))
    const records = part.records.slice(done)
    if (records.length === 0) return []
    if (done === 0) return failed(tried)
    options.onFailed(records)
    return bisect ? [{ ...tried, records, failures: 1 }] : again({ ...tried, records, failures: 0 })
  }

  async function failed(part: Part): Promise<readonly Part[]> {
    options.onFailed(part.records)
    if (!bisect || part.records.length === 1) return again(part)
    const middle = Math.ceil(part.records.length / 2)
    const failures = part.failures + 1
    return [
      { ...part, records: part.records.slice(0, middle), failures },
      { ...part, records: part.records.slice(middle), failures: 0 },
    ]
  }

  async function again(part: Part): Promise<readonly Part[]> {
    if (part.retries < maximumRetries) {
      return [{ ...part, retries: part.retries + 1, failures: part.failures + 1 }]
    }
    const { invocations, result } = part
    await options.discard(part.records, { reason: 'RetryAttemptsExhausted', invocations, result })
    return []
  }

  return async (records: readonly LaneRecord[]): Promise<void> => {
    const parts: Part[] = [{ records, retries: 0, failures: 0, invocations: 0, result: undefined }]
    for (let part = parts.shift(); part !== undefined && !signal.aborted; part = parts.shift()) {
      parts.unshift(...(await attempt(part)))
    }
  }
}
