import type { Keeping, TestEnvironment } from './environments.ts'
import { type BatchTimes, createFleetBatches, type FleetBatches } from './fleet-batches.ts'
import {
  createFreeEnvironments,
  type Fleet,
  type FreeEnvironments,
  startFleet,
} from './fleet-environments.ts'
import { type CountSessions, countSessions, type SessionCounts } from './session-counts.ts'

/** Options of {@link runFleet}. */
export interface FleetOptions {
  /** The URL of the database for the environments. */
  readonly functionsUrl: string
  /** Counts the sessions of the functions. */
  readonly sessions: CountSessions
  readonly environments: number
  /**
   * The environments of another run, with the same share and the same database. Default: new ones, which end with this
   * run.
   */
  readonly fleet?: Fleet
  /** Connections of all environments together. */
  readonly budget: number
  /** Connections of each environment. */
  readonly share: number
  readonly seconds: number
  /** The handling of connections at the end of an invocation. */
  readonly connections: Keeping
  /**
   * The choice of a free environment for the next batch: a random one, which is the worst case on Lambda, or the one
   * that was used last. Default `random`.
   */
  readonly choose?: 'random' | 'recent'
  /** Seconds after which new environments replace all existing ones, as in a deployment. */
  readonly deployAfter?: number
  /** The time limit of an invocation, in milliseconds. Default 10,000. */
  readonly timeout?: number
  /** The share of invocations in which the environment is killed. */
  readonly deaths?: number
  readonly rowsPerBatch?: number
}

/** The result of {@link runFleet}. */
export interface FleetReport extends SessionCounts {
  readonly invocations: number
  /** The number of invocations that did not write all of their batches. */
  readonly failed: number
  readonly deaths: number
  /** The keys that were written according to the writers. */
  readonly done: ReadonlySet<string>
  /** Milliseconds of an invocation. */
  readonly median: number
  /** The time at which each batch was written, and the time since its first delivery, in milliseconds, in order. */
  readonly batches: readonly BatchTimes[]
}

/**
 * Runs a fleet of environments under load: `budget / share` concurrent invocations, as for an event source mapping with
 * that `maximumConcurrency`, each in a free environment. Batches that were not written are delivered again until all
 * are written.
 */
export async function runFleet(options: FleetOptions): Promise<FleetReport> {
  const { share, budget, seconds, choose = 'random', rowsPerBatch = 50 } = options
  const { deployAfter = Number.POSITIVE_INFINITY } = options
  const fleet = options.fleet ?? (await startFleet(options, options.environments))
  const free = createFreeEnvironments(fleet, choose)
  const batches = createFleetBatches(rowsPerBatch)
  const load: Load = { options, free, batches, isOver: false, durations: [], invocations: 0, deaths: 0 }
  const sleep = (untilSecond: number) =>
    new Promise((resolve) => setTimeout(resolve, untilSecond * 1_000 - batches.now()))

  const counting = countSessions(options.sessions)
  try {
    const successors = deployAfter < seconds ? await fleet.launch(options.environments) : []
    batches.begin()
    const workers = Array.from({ length: Math.floor(budget / share) }, () => work(load))
    if (successors.length > 0) {
      await sleep(deployAfter)
      free.deploy(successors)
    }
    await sleep(seconds)
    load.isOver = true
    await Promise.all(workers)
    await free.replaced()
  } finally {
    if (options.fleet === undefined) await fleet[Symbol.asyncDispose]()
    await counting.stop()
  }
  const { invocations, deaths, durations } = load
  durations.sort((a, b) => a - b)
  const median = durations[Math.floor(durations.length / 2)] ?? 0
  const { looks, mostSessions } = counting
  const { done, times } = batches
  return { mostSessions, looks, invocations, failed: batches.failed(), deaths, done, median, batches: times }
}

/** The state that the workers of a load share. */
interface Load {
  readonly options: FleetOptions
  readonly free: FreeEnvironments
  readonly batches: FleetBatches
  /** Whether the load has ended: batches are then only delivered again. */
  isOver: boolean
  /** Milliseconds of the invocations. */
  readonly durations: number[]
  invocations: number
  deaths: number
}

/** Invokes one environment after another. */
async function work(load: Load): Promise<void> {
  const { free, batches } = load
  while (!load.isOver || batches.undelivered() > 0) {
    const environment = free.take()
    if (environment === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    else if (await invoke(load, environment)) free.giveBack(environment)
    else {
      load.deaths += 1
      await free.replace(environment)
    }
  }
}

/** Invokes an environment once, and returns whether it survived. */
async function invoke(load: Load, environment: TestEnvironment): Promise<boolean> {
  const { options, batches, isOver, durations } = load
  const { share, connections, deaths = 0, timeout: ms = 10_000 } = options
  const delivered = batches.take(isOver ? Math.min(share, batches.undelivered()) : share)
  load.invocations += 1
  const isDoomed = !isOver && Math.random() < deaths
  const running = environment.invoke({ batches: delivered.map(({ keys }) => keys), ms, connections })
  if (isDoomed) setTimeout(() => environment.kill(), Math.random() * 200)
  const answer = await running
  batches.settle(delivered, answer?.done ?? [])
  if (answer === undefined || isDoomed) return false
  durations.push(answer.ms)
  return true
}
