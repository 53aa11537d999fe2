/** Time as a port, so that tests of time are exact and fast. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Runs something after `ms` milliseconds, and answers what takes that back. Default: by `sleep`. */
  schedule?(run: () => void, ms: number): () => void
}

/** The clock of the machine. */
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
 * @returns takes it back; the clock of the machine needs no signal for that, which takes longer than all else here
 */
export function schedule(clock: Clock, run: () => void, ms: number): () => void {
  if (clock.schedule !== undefined) return clock.schedule(run, ms)
  const cancelled = new AbortController()
  void clock.sleep(ms, cancelled.signal).then(() => {
    if (!cancelled.signal.aborted) run()
  })
  return () => cancelled.abort()
}
