import type { TimeLimit } from '@spillway/message'
import { type Backoff, type Clock, equalJitter, errorsWithin, isThrottled } from '@spillway/message/internal'

/** Does something again, with back-off and jitter, while it fails for a reason that passes and time remains. */
export type Patience = <Value>(work: () => Promise<Value>, limit: TimeLimit) => Promise<Value>

/** Lambda takes 15 requests of its control plane a second, of all callers of an account together. Milliseconds. */
const patient: Backoff = { base: 250, cap: 4_000 }

/**
 * For who only begins: many environments find an outage at the same time, and one of them is enough. Those that got
 * further go first, so that one gets through.
 */
export const yielding: Backoff = { base: 1_000, cap: 8_000 }

/** Retries what is throttled, what the service fails at, and connections that break. */
export function createPatience(clock: Clock, random: () => number, backoff = patient): Patience {
  return async function persist(work, limit) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        const ms = equalJitter(backoff, attempt, random())
        if (!passes(error) || ms >= limit.remainingTime()) throw error
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

function passes(thrown: unknown): boolean {
  return errorsWithin(thrown).some((error) => {
    const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } }
    return isThrottled(error) || networkCodes.has(error.code) || Number($metadata?.httpStatusCode) >= 500
  })
}
