import type { TimeLimit } from '@spillway/message'
import { type Backoff, type Clock, equalJitter, errorsWithin, isThrottled } from '@spillway/message/internal'

/** Retries work, with back-off and jitter, while its error is transient and time remains. */
export type RetryTransient = <Value>(work: () => Promise<Value>, limit: TimeLimit) => Promise<Value>

/** Milliseconds. Lambda's control plane accepts 15 requests per second for a whole account. */
const normal: Backoff = { base: 250, cap: 4_000 }

/**
 * Longer waits for an environment that has just begun to open. Many environments notice an outage at the same time, and
 * one of them is enough, so environments that are further ahead go first.
 */
export const lowPriority: Backoff = { base: 1_000, cap: 8_000 }

/** Retries throttled requests, errors of the service, and broken connections. */
export function createRetries(clock: Clock, random: () => number, backoff = normal): RetryTransient {
  return async function retryTransient(work, limit) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        const ms = equalJitter(backoff, attempt, random())
        if (!isTransient(error) || ms >= limit.remainingTime()) throw error
        await clock.sleep(ms, limit.signal)
        if (limit.signal.aborted) throw error
      }
    }
  }
}

const networkCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
])

function isTransient(thrown: unknown): boolean {
  return errorsWithin(thrown).some((error) => {
    const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } }
    return isThrottled(error) || networkCodes.has(error.code) || Number($metadata?.httpStatusCode) >= 500
  })
}
