import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'

/** How busy the machine and this process were. */
export interface Busy {
  /** The share of the processor time that all processes used: 0 to 1. */
  readonly processor: number
  /** The share of the time in which the event loop of this process was busy: 0 to 1. */
  readonly runtime: number
}

/** Starts a measurement; the returned function ends it and returns the result. */
export function measureBusy(): () => Busy {
  const before = readTimes()
  const loop = performance.eventLoopUtilization()
  return () => {
    const after = readTimes()
    const total = after.total - before.total
    const processor = total === 0 ? 0 : 1 - (after.idle - before.idle) / total
    return { processor, runtime: performance.eventLoopUtilization(loop).utilization }
  }
}

function readTimes(): { readonly idle: number; readonly total: number } {
  const all = cpus().map(({ times }) => times)
  const idle = all.reduce((sum, times) => sum + times.idle, 0)
  const used = all.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0)
  return { idle, total: idle + used }
}
