import { availableParallelism } from 'node:os'
import { loadApp } from '@spillway/local'
import { flood } from './flood.ts'
import {
  chooseBudget,
  chooseCommitMs,
  chooseEnvironments,
  chooseRate,
  median,
  mostEnvironments,
} from './plan-flood.ts'
import type { Progress } from './progress.ts'
import { drain, type RunOptions, withApp } from './run-app.ts'
import { type Sampler, startSampler } from './sampler.ts'
import { leastConnections, sizeApp } from './size-app.ts'

/** The numbers that the user has set; the others are measured. */
export interface GivenNumbers {
  /** Requests per second. */
  readonly rate: number | undefined
  readonly maxConnections: number | undefined
  readonly commitMs: number | undefined
  /** How many environments of each design are started before the flood. */
  readonly environments: number | undefined
}

/** The numbers of a flood. */
export interface FloodNumbers {
  readonly rate: number
  readonly maxConnections: number
  readonly commitMs: number
  readonly environments: number
  /** Requests per second that the buffered design accepted; `null` when the rate was set by the user. */
  readonly capacity: number | null
  /** Connections that the synchronous design holds at this rate; `null` when `max_connections` was set by the user. */
  readonly wantedConnections: number | null
}

/** What {@link calibrate} takes. */
export interface CalibrationOptions extends Pick<RunOptions, 'spike'> {
  /** The config files of the designs. */
  readonly buffered: string
  readonly synchronous: string
  /** The file of the spike. */
  readonly file: string
  readonly given: GivenNumbers
}

/** The number of requests in flight, and of environments, while the capacity is measured. */
const inFlight = Math.max(8, 2 * availableParallelism())

/** How long each measurement takes. */
const seconds = 3

/** The time at the start of a measurement that is not counted, because code runs for the first time. Milliseconds. */
const settleMs = 1000

/** The connections beyond the number of environments, so that none is refused while they are counted. */
const spareConnections = 10

const intervalMs = 100

/** A number above those of the requests of a measurement. */
const firstIndex = 1_000_000

/**
 * Chooses the numbers of a flood so that the designs differ on this machine: the rate from the capacity of the buffered
 * design, and `max_connections` from the connections that the synchronous design needs. Numbers that the user has set
 * are not measured.
 */
export async function calibrate(options: CalibrationOptions, progress: Progress): Promise<FloodNumbers> {
  const { given } = options
  if (given.maxConnections !== undefined) {
    // Invalid options are rejected before the measurements.
    for (const config of [options.synchronous, options.buffered]) {
      sizeApp((await loadApp(config)).app, given.maxConnections)
    }
  }
  const most = given.environments ?? mostEnvironments(process.availableMemory())
  const capacity = given.rate === undefined ? await measureCapacity(options, progress) : null
  const rate = given.rate ?? chooseRate(capacity ?? 0, most)
  const commitMs = given.commitMs ?? chooseCommitMs(rate)
  const environments = given.environments ?? chooseEnvironments(rate, commitMs, most)
  const chosen = { rate, commitMs, environments, capacity }
  if (capacity !== null)
    progress.line(
      `calibration: the buffered design handles ${Math.round(capacity)} requests/s; the flood has ${rate}`,
    )
  if (given.maxConnections !== undefined) {
    return { ...chosen, maxConnections: given.maxConnections, wantedConnections: null }
  }
  const samples = await measureConnections(options, chosen, progress)
  const { app } = await loadApp(options.buffered)
  const reserved = app.database?.reserved ?? 0
  const budget = chooseBudget(samples, leastConnections(app) - reserved)
  const wantedConnections = median(samples)
  progress.line(
    `calibration: at this rate the synchronous design holds ${wantedConnections} connections; the functions get ${budget}`,
  )
  return { ...chosen, maxConnections: budget + reserved, wantedConnections }
}

/** Requests per second that the buffered design accepts while it writes the messages that it accepted before. */
function measureCapacity(
  { buffered, spike, file, given }: CalibrationOptions,
  progress: Progress,
): Promise<number> {
  const commitMs = given.commitMs ?? chooseCommitMs(Number.POSITIVE_INFINITY)
  return withApp(
    { config: buffered, spike, environments: inFlight, commitMs, firstIndex },
    progress,
    async ({ local }) => {
      progress.step(`measuring the capacity of the buffered design, ${seconds} s`)
      const load = { inFlight }
      const result = await flood({ file, url: local.url, seconds, load, firstIndex: 0, intervalMs })
      const counted = result.intervals.slice(settleMs / intervalMs, (seconds * 1000) / intervalMs)
      const accepted = counted.reduce((sum, interval) => sum + interval.accepted, 0)
      return accepted / ((counted.length * intervalMs) / 1000)
    },
  )
}

/** How many connections the synchronous design holds at a rate, measured ten times per second. */
async function measureConnections(
  { synchronous, spike, file }: CalibrationOptions,
  { rate, commitMs, environments }: Pick<FloodNumbers, 'rate' | 'commitMs' | 'environments'>,
  progress: Progress,
): Promise<readonly number[]> {
  const { app } = await loadApp(synchronous)
  const maxConnections = environments + spareConnections + (app.database?.reserved ?? 0)
  const options = { config: synchronous, spike, environments, commitMs, firstIndex, maxConnections }
  return withApp(options, progress, async ({ local }) => {
    progress.step(`counting the connections that the synchronous design needs, ${seconds} s`)
    const sampler = Promise.withResolvers<Sampler>()
    const onStart = () => sampler.resolve(startSampler(local, intervalMs))
    await flood({ file, url: local.url, seconds, load: { rate }, firstIndex: 0, intervalMs }, { onStart })
    const { samples } = await (await sampler.promise).stop()
    await drain(local)
    return samples.slice(settleMs / intervalMs).map(({ connections }) => connections)
  })
}
