import { cpus } from 'node:os'

/** For how many milliseconds a measurement is used. A shorter interval is inexact, a longer one out of date. */
const windowMs = 250

/** Creates a function that returns the idle share of this machine's processor time, 0 to 1. */
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
