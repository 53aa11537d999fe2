/** The time, as a port: tests replace it to be exact and fast. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Runs something after `ms` milliseconds. Returns a function that cancels it. Default: uses `sleep`. */
  schedule?(run: () => void, ms: number): () => void
}

/** The clock of the system. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(ms: number, signal?: AbortSignal) {
    return new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal?.addEventListener('abort', end)
      if (signal?.aborted) end()
    })
  },
  schedule(run: () => void, ms: number) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/**
 * Runs something after `ms` milliseconds.
 *
 * @returns cancels it. The clock of the system cancels its timer directly: a signal would cost more than the rest
 */
export function schedule(clock: Clock, run: () => void, ms: number): () => void {
  if (clock.schedule !== undefined) return clock.schedule(run, ms)
  const cancelled = new AbortController()
  void clock.sleep(ms, cancelled.signal).then(() => {
    if (!cancelled.signal.aborted) run()
  })
  // Without a reason, `abort` creates an error with a stack.
  return () => cancelled.abort(null)
}
