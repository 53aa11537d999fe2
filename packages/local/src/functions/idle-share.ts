import { cpus } from 'node:os'

/** How often the share is measured anew. Milliseconds: a shorter time says little, a longer one is old news. */
const windowMs = 250

/** A meter of the share of this machine's processor time, 0 to 1, that nobody used lately. */
export function createIdleMeter(now: () => number = () => performance.now()): () => number {
  let measuredAt = Number.NEGATIVE_INFINITY
  let before = { idle: 0, total: 0 }
  let share = 1
  return function idleShare() {
    if (now() - measuredAt < windowMs) return share
    const times = readTimes()
    const total = times.total - before.total
    if (total > 0 && before.total > 0) share = (times.idle - before.idle) / total
    before = times
    measuredAt = now()
    return share
  }
}

function readTimes(): { idle: number; total: number } {
  let idle = 0
  let total = 0
  for (const { times } of cpus()) {
    idle += times.idle
    total += times.idle + times.user + times.nice + times.sys + times.irq
  }
  return { idle, total }
}
