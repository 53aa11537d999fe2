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

/**
 * Runs a fleet of environments under load: `budget / share` invocations at once, as an event source mapping with that
 * `maximumConcurrency` has them, each in an environment that is chosen among those that are free. Batches that were not
 * written are delivered again, until all are.
 */
export async function runFleet(options: FleetOptions): Promise<FleetReport> {
  const { functionsUrl, share, budget, seconds, connections, deaths = 0, rowsPerBatch = 50 } = options
  const { choose = 'random', deployAfter = Number.POSITIVE_INFINITY, timeout: ms = 10_000 } = options
  await using bundle = await bundleEnvironment()
  let idle: TestEnvironment[] = []
  let retired = new Set<TestEnvironment>()
  const all = new Set<TestEnvironment>()
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

  const launch = async () => {
    const environment = await startTestEnvironment(bundle.file, functionsUrl, share)
    all.add(environment)
    return environment
  }
  const launchAll = async () => {
    const launched: TestEnvironment[] = []
    let left = options.environments
    const launchSome = async () => {
      while (left-- > 0) launched.push(await launch())
    }
    await Promise.all(Array.from({ length: 6 }, launchSome))
    return launched
  }
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
      environment.kill()
      await environment.gone
      all.delete(environment)
      restarts.push(launch().then((another) => void idle.push(another)))
    }
  }

  const counting = countSessions(options.sessions)
  try {
    idle = await launchAll()
    const successors = deployAfter < seconds ? await launchAll() : []
    startedAt = performance.now()
    const workers = Array.from({ length: Math.floor(budget / share) }, work)
    const sleep = (untilSecond: number) =>
      new Promise((resolve) => setTimeout(resolve, untilSecond * 1_000 - now()))
    if (successors.length > 0) {
      await sleep(deployAfter)
      retired = new Set(all)
      for (const successor of successors) retired.delete(successor)
      idle = successors
    }
    await sleep(seconds)
    isOver = true
    await Promise.all(workers)
    await Promise.all(restarts)
  } finally {
    for (const environment of all) environment.kill()
    await Promise.all([...all].map((environment) => environment.gone))
    await counting.stop()
  }
  durations.sort((a, b) => a - b)
  const median = durations[Math.floor(durations.length / 2)] ?? 0
  const { looks, mostSessions } = counting
  return { mostSessions, looks, invocations, failed, deaths: died, done, median, batches }
}
