import { toError } from '@spillway/message'
import { type Backoff, type Clock, fullJitter } from '@spillway/message/internal'
import type { InvocationResult } from '../functions/index.ts'
import type { Batch } from './batch.ts'
import type { Invocable } from './types.ts'

const backoff: Backoff = { base: 100, cap: 5000 }

/**
 * Invokes the function with a batch. A throttled invocation is retried until the batch's visibility time-out has passed
 * or the signal aborts; then the throttle is the result. Never rejects.
 *
 * @param visibilityTimeout seconds
 */
export function invokeBatch(
  fn: Invocable,
  batch: Batch,
  visibilityTimeout: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<InvocationResult> {
  const expires = batch.receivedAt + visibilityTimeout * 1000
  return retryThrottles(fn, { Records: batch.records }, expires, clock, signal)
}

/**
 * Invokes the function. A throttled invocation is retried until the time `expires`, in milliseconds since the epoch, or
 * until the signal aborts; then the throttle is the result. Never rejects.
 */
export async function retryThrottles(
  fn: Invocable,
  event: unknown,
  expires: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<InvocationResult> {
  for (let attempt = 1; ; attempt++) {
    const result = await invoke(fn, event)
    if (result.ok || result.kind !== 'throttle' || signal.aborted) return result
    // At least half of the wait is fixed, so that there is always a pause between two attempts.
    const wait = fullJitter(backoff, attempt, 0.5 + Math.random() / 2)
    if (clock.now() + wait >= expires) return result
    await clock.sleep(wait, signal)
  }
}

async function invoke(fn: Invocable, event: unknown): Promise<InvocationResult> {
  try {
    return await fn.invoke(event)
  } catch (thrown) {
    const { name, message } = toError(thrown)
    return { ok: false, kind: 'error', error: { errorType: name, errorMessage: message } }
  }
}
