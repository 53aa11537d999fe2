import type { TimeLimit } from '@spillway/message'
import { type Clock, schedule, systemClock } from '@spillway/message/internal'

/** Milliseconds that have to be left for an answer to the caller. */
export const guardMs = 250

/** The clock of the machine, without the steps that setting it makes. */
const steadyClock: Clock = { ...systemClock, now: () => performance.now() }

/** The longest that a timer of Node runs. Milliseconds. */
const longestTimer = 2 ** 31 - 1

/** Marks a limit whose signal aborts when its time is over, and never before, with itself: a copy may be another. */
const byTime = Symbol('spillway.byTime')

interface LimitByTime extends TimeLimit {
  [byTime]?: TimeLimit
}

/**
 * A limit whose signal aborts when its time is over, and never before: who keeps to its time needs no signal, which
 * costs more than most of what is done within it. So it is made for who asks.
 *
 * @param early milliseconds before its end at which the signal aborts
 */
export function limitByTime(remainingTime: () => number, early = 0): TimeLimit {
  let signal: AbortSignal | undefined
  const limit: LimitByTime = {
    remainingTime,
    get signal() {
      signal ??= abortAfter(remainingTime() - early)
      return signal
    },
  }
  limit[byTime] = limit
  return limit
}

/** A signal that aborts after some milliseconds; at once where there are none. */
function abortAfter(ms: number): AbortSignal {
  return ms > 0 ? AbortSignal.timeout(Math.min(longestTimer, Math.floor(ms))) : AbortSignal.abort(timeOver())
}

const timeOver = () => new DOMException('The time is over.', 'TimeoutError')

/** The signal of a limit that may end before its time is over. */
function earlySignal(limit: LimitByTime): AbortSignal | undefined {
  return limit[byTime] === limit ? undefined : limit.signal
}

/** Milliseconds for which work may go on: what is left of the limit without the guard; 0 when it aborted. */
export function workingTime(limit: TimeLimit): number {
  return earlySignal(limit)?.aborted ? 0 : Math.max(0, limit.remainingTime() - guardMs)
}

/**
 * Runs something under a limit that ends after `ms` milliseconds, or with the outer one. Rejects at its end with the reason
 * of its signal, whether what runs heeds that or not: a client that looks for its credentials does not, nor over HTTP/2 one whose
 * connection is dead.
 */
export async function within<Result>(
  limit: TimeLimit,
  ms: number,
  run: (limit: TimeLimit) => Promise<Result>,
  clock: Clock = steadyClock,
): Promise<Result> {
  const end = clock.now() + ms
  const remainingTime = () => Math.max(0, Math.min(limit.remainingTime(), end - clock.now()))
  // One timer that is cleared: `AbortSignal.any` and `AbortSignal.timeout` cost more than the rest of a request.
  const controller = new AbortController()
  const { signal } = controller
  let stop = () => {}
  try {
    return await new Promise<Result>((resolve, reject) => {
      const abort = (reason: unknown) => {
        controller.abort(reason)
        reject(signal.reason)
      }
      const early = earlySignal(limit)
      const onAbort = () => abort(early?.reason)
      const cancel = schedule(clock, () => abort(timeOver()), Math.min(longestTimer, remainingTime()))
      stop = () => {
        cancel()
        early?.removeEventListener('abort', onAbort)
      }
      early?.addEventListener('abort', onAbort)
      if (early?.aborted) onAbort()
      Promise.resolve(run({ signal, remainingTime })).then(resolve, reject)
    })
  } finally {
    stop()
  }
}

/** When a call has to be answered. Stop it, or its timer keeps running. */
export function atEnd(limit: TimeLimit): { readonly reached: Promise<void>; stop(): void } {
  let stop = () => {}
  const reached = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, Math.min(longestTimer, workingTime(limit)))
    const early = earlySignal(limit)
    const onAbort = () => resolve()
    early?.addEventListener('abort', onAbort)
    stop = () => {
      clearTimeout(timer)
      early?.removeEventListener('abort', onAbort)
    }
  })
  return { reached, stop }
}
