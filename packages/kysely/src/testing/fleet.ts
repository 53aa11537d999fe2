import { randomUUID } from 'node:crypto'
import { connect } from './database.ts'
import { bundleEnvironment, startTestEnvironment, type TestEnvironment } from './environments.ts'

/** What {@link runFleet} takes. */
export interface FleetOptions {
  /** The database as the environments reach it, and as the counter does. */
  readonly functionsUrl: string
  readonly url: string
  readonly environments: number
  /** Connections of all environments together. */
  readonly budget: number
  /** Connections of each environment. */
  readonly share: number
  readonly seconds: number
  /** Whether environments close their connections before an invocation ends. */
  readonly closes: boolean
  /** The part of the invocations in which the environment is killed. */
  readonly deaths?: number
  readonly rowsPerBatch?: number
}

/** What came of it. */
export interface FleetReport {
  /**
   * The most sessions of the functions at one instant by `pg_stat_activity`, of so many looks. The view reads one
   * session after the other, so that one look can show a session that has ended meanwhile and its successor: what two
   * looks in a row show was there at the instant between them.
   */
  readonly mostSessions: number
  readonly looks: number
  readonly invocations: number
  readonly deaths: number
  /** Keys that were written according to the writers. */
  readonly done: ReadonlySet<string>
  /** Milliseconds of an invocation. */
  readonly median: number
}

/**
 * Runs a fleet of environments under load: `budget / share` invocations at once, as an event source mapping with that
 * `maximumConcurrency` has them, each in an environment that is chosen at random, which is the worst that Lambda could
 * do. Batches that were not written are delivered again, until all are.
 */
export async function runFleet(options: FleetOptions): Promise<FleetReport> {
  const { functionsUrl, url, share, budget, seconds, closes, deaths = 0, rowsPerBatch = 50 } = options
  await using bundle = await bundleEnvironment()
  const idle: TestEnvironment[] = []
  const all = new Set<TestEnvironment>()
  const launch = async () => {
    const environment = await startTestEnvironment(bundle.file, functionsUrl, share)
    all.add(environment)
    idle.push(environment)
  }
  const undelivered: string[][] = []
  const done = new Set<string>()
  const durations: number[] = []
  const restarts: Promise<void>[] = []
  let invocations = 0
  let died = 0
  let isOver = false
  let isStopped = false

  const counter = await connect(url)
  let looks = 0
  let mostSessions = 0
  async function look(): Promise<void> {
    let before = new Set<string>()
    while (!isStopped) {
      const { rows } = await counter.query<{ session: string }>(
        // Without a database: refused, and about to leave.
        `select pid || ' ' || backend_start as session from pg_stat_activity
         where usename = 'app' and datname is not null`,
      )
      looks += 1
      const seen = new Set(rows.map(({ session }) => session))
      mostSessions = Math.max(mostSessions, [...seen].filter((session) => before.has(session)).length)
      before = seen
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
  }

  const nextBatch = () => undelivered.pop() ?? Array.from({ length: rowsPerBatch }, () => randomUUID())

  async function work(): Promise<void> {
    while (!isOver || undelivered.length > 0) {
      const [environment] = idle.splice(Math.floor(Math.random() * idle.length), 1)
      if (environment === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        continue
      }
      const batches = Array.from({ length: isOver ? 1 : share }, nextBatch).filter(
        (batch) => batch.length > 0,
      )
      invocations += 1
      const isDoomed = !isOver && Math.random() < deaths
      const running = environment.invoke({ batches, ms: 10_000, closes })
      if (isDoomed) setTimeout(() => environment.kill(), Math.random() * 200)
      const answer = await running
      for (const key of answer?.done ?? []) done.add(key)
      const missing = batches.map((batch) => batch.filter((key) => !done.has(key)))
      undelivered.push(...missing.filter((batch) => batch.length > 0))
      if (answer !== undefined && !isDoomed) {
        durations.push(answer.ms)
        idle.push(environment)
        continue
      }
      died += 1
      environment.kill()
      await environment.gone
      all.delete(environment)
      restarts.push(launch())
    }
  }

  try {
    const starting = Array.from({ length: options.environments }, () => launch)
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (let start = starting.pop(); start !== undefined; start = starting.pop()) await start()
      }),
    )
    const looking = look()
    const workers = Array.from({ length: Math.floor(budget / share) }, work)
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
    isOver = true
    await Promise.all(workers)
    isStopped = true
    await looking
    await Promise.all(restarts)
  } finally {
    isStopped = true
    for (const environment of all) environment.kill()
    await Promise.all([...all].map((environment) => environment.gone))
    await counter.end()
  }
  durations.sort((a, b) => a - b)
  const median = durations[Math.floor(durations.length / 2)] ?? 0
  return { mostSessions, looks, invocations, deaths: died, done, median }
}
