import { availableParallelism } from 'node:os'

/** How many environments of all functions start at once: this machine's cores stand for all of Lambda's. */
export const coldStartLimit = Number(process.env.LIM ?? Math.max(2, 2 * availableParallelism()))

let running = 0
const refused = new Set<() => void>()

/** Takes a place for a cold start. Without one it answers `false`, and `retry` is called when one is free. */
export function beginColdStart(retry: () => void): boolean {
  if (running >= coldStartLimit) {
    refused.add(retry)
    return false
  }
  running += 1
  return true
}

/** Gives the place back, to whoever was refused first. */
export function endColdStart(durationMs: number): void {
  const pause = durationMs * Number(process.env.PAUSE ?? 0)
  if (pause > 0) setTimeout(giveBack, pause)
  else giveBack()
}

function giveBack(): void {
  running -= 1
  for (const retry of [...refused]) {
    if (running >= coldStartLimit) return
    // One that is refused again goes to the end: no function keeps the others from starting.
    refused.delete(retry)
    retry()
  }
}
