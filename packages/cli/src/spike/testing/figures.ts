import type { SpikeFigures } from '../report.ts'
import type { DesignFigures } from '../run-design.ts'
import type { Interval } from '../sampler.ts'

const interval: Interval = {
  arrivals: 100,
  accepted: 100,
  failed: 0,
  p50Ms: 8.1,
  p99Ms: 42,
  backlog: 60,
  connections: 2,
  refused: 0,
}
const quiet: Interval = { ...interval, arrivals: 0, accepted: 0, p50Ms: null, p99Ms: null, backlog: 0 }

const buffered: DesignFigures = {
  sent: 1000,
  accepted: 1000,
  failed: 0,
  answers: { 202: 1000 },
  written: 999,
  parked: 1,
  lost: 0,
  budget: 9,
  peakConnections: 3,
  refusedConnections: 0,
  peakBacklog: 60,
  p50Ms: 8.1,
  p99Ms: 42,
  drainSeconds: 1.4,
  limitedBy: [{ by: 'nothing', why: 'it handled the flood and had capacity left' }],
  series: { intervalMs: 500, intervals: [...Array.from({ length: 10 }, () => interval), quiet, quiet] },
}

/** Figures of a spike for tests. */
export const figures: SpikeFigures = {
  settings: {
    rate: 200,
    seconds: 5,
    maxConnections: 13,
    commitMs: 60,
    environments: 36,
    capacity: 412.7,
    wantedConnections: 19,
  },
  machine: { processors: 4, memoryGib: 16, platform: 'linux', node: 'v24.0.0' },
  synchronous: {
    ...buffered,
    accepted: 400,
    failed: 600,
    answers: { 201: 400, 500: 590, UND_ERR_SOCKET: 10 },
    written: 400,
    parked: 0,
    peakConnections: 9,
    refusedConnections: 590,
    peakBacklog: 0,
    p50Ms: 61.23,
    p99Ms: 1234.5,
    drainSeconds: 0,
    limitedBy: [
      { by: 'connections', why: 'the functions may hold 9 connections, and the database refused 590 more' },
    ],
    series: {
      intervalMs: 500,
      intervals: Array.from({ length: 10 }, () => ({
        ...interval,
        accepted: 40,
        failed: 60,
        p50Ms: 61.2,
        p99Ms: 1234.5,
        backlog: 0,
        connections: 9,
        refused: 59,
      })),
    },
  },
  buffered,
}
