import { randomUUID } from 'node:crypto'
import {
  bundleEnvironment,
  type Keeping,
  startTestEnvironment,
  type TestEnvironment,
} from './environments.ts'
import { type CountSessions, countSessions, type SessionCounts } from './session-counts.ts'

/** What {@link runFleet} takes. */
export interface FleetOptions {
  /** The database as the environments reach it. */
  readonly functionsUrl: string
  /** Counts the sessions of the functions. */
  readonly sessions: CountSessions
  readonly environments: number
  /** Those of another run, with the same share and the same database. Default: new ones, which are ended. */
  readonly fleet?: Fleet
  /** Connections of all environments together. */
  readonly budget: number
  /** Connections of each environment. */
  readonly share: number
  readonly seconds: number
  /** What becomes of the connections of an environment at the end of an invocation. */
  readonly connections: Keeping
  /**
   * Which of the environments that are free gets the next batch: any, which is the worst that Lambda could do, or the one
   * that was used last. Default `random`.
   */
  readonly choose?: 'random' | 'recent'
  /** Seconds after which all environments are replaced by as many new ones: a deployment. */
  readonly deployAfter?: number
  /** Milliseconds that an invocation may take. Default 10,000. */
  readonly timeout?: number
  /** The part of the invocations in which the environment is killed. */
  readonly deaths?: number
  readonly rowsPerBatch?: number
}

/** What came of it. */
export interface FleetReport extends SessionCounts {
  readonly invocations: number
  /** Invocations that wrote less than all of their batches. */
  readonly failed: number
  readonly deaths: number
  /** Keys that were written according to the writers. */
  readonly done: ReadonlySet<string>
  /** Milliseconds of an invocation. */
  readonly median: number
  /** When each batch was written, and how long after it was delivered first, in milliseconds, in the order of time. */
  readonly batches: readonly BatchTimes[]
}

/** The times of a batch. */
export interface BatchTimes {
  /** Milliseconds since the beginning of the load. */
  readonly at: number
  readonly took: number
}

interface Batch {
  readonly keys: readonly string[]
  readonly deliveredAt: number
}

/** Environments that run, each frozen between its invocations. */
export interface Fleet extends AsyncDisposable {
  readonly all: Set<TestEnvironment>
  /** Starts some more, a few at a time. */
  launch(count: number): Promise<TestEnvironment[]>
  /** Kills one, and resolves when it is gone. */
  end(environment: TestEnvironment): Promise<void>
}

/** Starts environments with a share of so many connections each. */
export async function startFleet(
  { functionsUrl, share }: Pick<FleetOptions, 'functionsUrl' | 'share'>,
  environments: number,
): Promise<Fleet> {
  const bundle = await bundleEnvironment()
  const all = new Set<TestEnvironment>()
  async function launch(count: number): Promise<TestEnvironment[]> {
    const launched: TestEnvironment[] = []
    let left = count
    const launchSome = async () => {
      while (left-- > 0) {
        const environment = await startTestEnvironment(bundle.file, functionsUrl, share)
        all.add(environment)
        launched.push(environment)
      }
    }
    await Promise.all(Array.from({ length: Math.min(6, count) }, launchSome))
    return launched
  }
  async function end(environment: TestEnvironment): Promise<void> {
    environment.kill()
    await environment.gone
    all.delete(environment)
  }
  const fleet: Fleet = {
    all,
    launch,
    end,
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map(end))
      await bundle[Symbol.asyncDispose]()
    },
  }
  try {
    await launch(environments)
    return fleet
  } catch (error) {
    await fleet[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * Runs a fleet of environments under load: `budget / share` invocations at once, as an event source mapping with that
 * `maximumConcurrency` has them, each in an environment that is chosen among those that are free. Batches that were not
 * written are delivered again, until all are.
 */
export async function runFleet(options: FleetOptions): Promise<FleetReport> {
  const { share, budget, seconds, connections, deaths = 0, rowsPerBatch = 50 } = options
  const { choose = 'random', deployAfter = Number.POSITIVE_INFINITY, timeout: ms = 10_000 } = options
  const fleet = options.fleet ?? (await startFleet(options, options.environments))
  let idle = [...fleet.all]
  let retired = new Set<TestEnvironment>()
  const undelivered: Batch[] = []
  const done = new Set<string>()
  const durations: number[] = []
  const batches: BatchTimes[] = []
  const restarts: Promise<void>[] = []
  let invocations = 0
  let failed = 0
  let died = 0
  let isOver = false
  let startedAt = 0

  const now = () => performance.now() - startedAt
  const nextBatch = (): Batch =>
    undelivered.pop() ?? {
      keys: Array.from({ length: rowsPerBatch }, () => randomUUID()),
      deliveredAt: now(),
    }
  const pick = () =>
    choose === 'recent' ? idle.pop() : idle.splice(Math.floor(Math.random() * idle.length), 1)[0]

  function settle(delivered: readonly Batch[], written: readonly string[]): void {
    for (const key of written) done.add(key)
    let isWhole = true
    for (const { keys, deliveredAt } of delivered) {
      const missing = keys.filter((key) => !done.has(key))
      if (missing.length > 0) undelivered.push({ keys: missing, deliveredAt })
      else batches.push({ at: now(), took: now() - deliveredAt })
      isWhole &&= missing.length === 0
    }
    if (!isWhole) failed += 1
  }

  async function work(): Promise<void> {
    while (!isOver || undelivered.length > 0) {
      const environment = pick()
      if (environment === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        continue
      }
      const delivered = Array.from(
        { length: isOver ? Math.min(share, undelivered.length) : share },
        nextBatch,
      )
      invocations += 1
      const isDoomed = !isOver && Math.random() < deaths
      const running = environment.invoke({ batches: delivered.map(({ keys }) => keys), ms, connections })
      if (isDoomed) setTimeout(() => environment.kill(), Math.random() * 200)
      const answer = await running
      settle(delivered, answer?.done ?? [])
      if (answer !== undefined && !isDoomed) {
        durations.push(answer.ms)
        if (!retired.has(environment)) idle.push(environment)
        continue
      }
      died += 1
      await fleet.end(environment)
      restarts.push(fleet.launch(1).then((another) => void idle.push(...another)))
    }
  }

  const counting = countSessions(options.sessions)
  try {
    const successors = deployAfter < seconds ? await fleet.launch(options.environments) : []
    startedAt = performance.now()
    const workers = Array.from({ length: Math.floor(budget / share) }, work)
    const sleep = (untilSecond: number) =>
      new Promise((resolve) => setTimeout(resolve, untilSecond * 1_000 - now()))
    if (successors.length > 0) {
      await sleep(deployAfter)
      retired = new Set(fleet.all)
      for (const successor of successors) retired.delete(successor)
      idle = successors
    }
    await sleep(seconds)
    isOver = true
    await Promise.all(workers)
    await Promise.all(restarts)
  } finally {
    if (options.fleet === undefined) await fleet[Symbol.asyncDispose]()
    await counting.stop()
  }
  durations.sort((a, b) => a - b)
  const median = durations[Math.floor(durations.length / 2)] ?? 0
  const { looks, mostSessions } = counting
  return { mostSessions, looks, invocations, failed, deaths: died, done, median, batches }
}
