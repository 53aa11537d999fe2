import { SpillwayError } from '@spillway/message'
import { type App, type AppFunction, checkApp } from '@spillway/planner'

/** A queue's `maximumConcurrency` is 2 or more (Lambda, "Configuring scaling behavior"). */
const leastConcurrency = 2

/**
 * Fits an app to a number of connections. When they are fewer than in its definition, they are divided among the
 * functions in the same proportions.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when they are too few for the functions.
 */
export function sizeApp(app: App, maxConnections: number): App {
  const sized = resize(app, maxConnections)
  const [problem] = checkApp(sized)
  if (problem === undefined) return sized
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `--max-connections ${maxConnections} is too few for the app '${app.name}': ${problem.message} It needs at least ${leastConnections(app)}.`,
  )
}

/** The smallest `max_connections` with which an app passes its checks. */
export function leastConnections(app: App): number {
  const { reserved = 0, maxConnections = 0 } = app.database ?? {}
  for (let most = reserved + 1; most < maxConnections; most++) {
    if (checkApp(resize(app, most)).length === 0) return most
  }
  return maxConnections
}

function resize(app: App, maxConnections: number): App {
  const { database } = app
  if (database === undefined) return app
  const budget = Math.max(0, maxConnections - database.reserved)
  const share = Math.min(1, budget / database.budget)
  return {
    ...app,
    database: { ...database, maxConnections, budget },
    functions: app.functions.map((fn) => (fn.connections > 0 ? scale(fn, share) : fn)),
  }
}

function scale(fn: AppFunction, share: number): AppFunction {
  const { eventSource, streamSource, reservedConcurrency } = fn
  const scaled = (value: number, least: number) => Math.max(least, Math.floor(value * share))
  return {
    ...fn,
    reservedConcurrency: reservedConcurrency && scaled(reservedConcurrency, 1),
    eventSource: eventSource && {
      ...eventSource,
      maximumConcurrency:
        eventSource.maximumConcurrency && scaled(eventSource.maximumConcurrency, leastConcurrency),
    },
    streamSource: streamSource && {
      ...streamSource,
      parallelizationFactor: scaled(streamSource.parallelizationFactor, 1),
    },
  }
}
