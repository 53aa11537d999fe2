import type { TimeLimit } from '@spillway/message'

/** A time limit of ten seconds. */
export function timeLimit(): TimeLimit {
  const end = Date.now() + 10_000
  return { signal: AbortSignal.timeout(10_000), remainingTime: () => end - Date.now() }
}
