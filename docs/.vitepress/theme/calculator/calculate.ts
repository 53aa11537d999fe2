import { type AppOptions, defineApp, type Problem } from '@spillway/planner'
import { defaultMaxConnections, type EngineName, engines, instanceClasses } from './instance-classes.ts'
import { tryApp } from './try-app.ts'

/** What a reader enters. */
export interface Inputs {
  readonly engine: EngineName
  /** The name of an instance class. */
  readonly instance: string
  /** What the server says. `undefined`: the default of the instance class. */
  readonly maxConnections: number | undefined
  readonly reserved: number
  /** What invokes the function. It limits the environments by another option. */
  readonly trigger: 'queue' | 'http'
  /** The most environments at once. */
  readonly environments: number
  /** The most connections of one environment. */
  readonly share: number
  /** Whether the server refuses connections beyond the budget. */
  readonly connectionLimit: boolean
}

/** What the calculator starts with. */
export const initialInputs: Inputs = {
  engine: 'postgres',
  instance: 'db.m7g.large',
  maxConnections: undefined,
  reserved: 15,
  trigger: 'queue',
  environments: 20,
  share: 1,
  connectionLimit: false,
}

/** What the calculator shows. */
export interface Result {
  readonly maxConnections: number
  /** `undefined` when an input is not valid. */
  readonly budget: number | undefined
  /** Environments × share. */
  readonly wanted: number
  /** What the checks of the planner say. Empty when they find nothing. */
  readonly problems: readonly Problem[]
  /** The most environments with which no check says anything; `undefined` when there is no such number. */
  readonly mostEnvironments: number | undefined
  /** Why an input is not valid. */
  readonly fault: string | undefined
}

/** The `max_connections` of the server: what the reader entered, or the default of the instance class. */
export function maxConnectionsOf({ engine, instance, maxConnections }: Inputs): number {
  if (maxConnections !== undefined) return maxConnections
  const found = instanceClasses.find(({ name }) => name === instance)
  return found === undefined ? 0 : defaultMaxConnections(engine, found)
}

/** The app whose numbers are checked: one function, with a database. */
export function toApp(inputs: Inputs): AppOptions {
  const { engine, reserved, trigger, environments, share, connectionLimit } = inputs
  const invoked =
    trigger === 'queue'
      ? { queue: 'writes', maximumConcurrency: environments }
      : { http: 'POST /writes', reservedConcurrency: environments }
  return {
    name: 'calculator',
    database: {
      engine: engines[engine].engine,
      maxConnections: maxConnectionsOf(inputs),
      reserved,
      connectionLimit,
    },
    functions: { write: { entry: './write.ts', timeout: 30, connections: share, ...invoked } },
  }
}

/** Holds the inputs against the checks of `@spillway/planner`. */
export function calculate(inputs: Inputs): Result {
  const maxConnections = maxConnectionsOf(inputs)
  const wanted = inputs.environments * inputs.share
  try {
    return {
      maxConnections,
      budget: budgetOf(inputs),
      wanted,
      problems: tryApp(toApp(inputs)),
      mostEnvironments: mostEnvironments(inputs),
      fault: undefined,
    }
  } catch (thrown) {
    const fault = thrown instanceof Error ? thrown.message : String(thrown)
    return { maxConnections, budget: undefined, wanted, problems: [], mostEnvironments: undefined, fault }
  }
}

/** The budget as `defineApp` fills it in. */
function budgetOf(inputs: Inputs): number | undefined {
  const { name, database } = toApp(inputs)
  const { maxConnections = 0, reserved = 0 } = database ?? {}
  // The checks say that nothing is left.
  if (reserved >= maxConnections) return 0
  // Postgres keeps three for itself; what the checks say of fewer is among the problems.
  try {
    return defineApp({ name, ...(database !== undefined && { database }), functions: {} }).database?.budget
  } catch {
    return maxConnections - reserved
  }
}

/** Bisects, because more environments never want fewer connections. */
function mostEnvironments(inputs: Inputs): number | undefined {
  const fits = (environments: number) => tryApp(toApp({ ...inputs, environments })).length === 0
  // The least and the most that `maximumConcurrency` can be.
  let low = inputs.trigger === 'queue' ? 2 : 1
  let high = 1000
  if (!fits(low)) return undefined
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}
