import { setTimeout as sleep } from 'node:timers/promises'
import { type Local, loadApp, startLocal } from '@spillway/local'
import { SpillwayError } from '@spillway/message'
import type { Spike } from './define-spike.ts'
import type { Progress } from './progress.ts'
import { countQueued } from './sampler.ts'
import { sizeApp } from './size-app.ts'
import { createWarmUp } from './warm-up.ts'

/** The options with which a design is started. */
export interface RunOptions {
  /** The config file of the app. */
  readonly config: string
  readonly spike: Spike
  /** `max_connections` of the database. Default: that of the app. */
  readonly maxConnections?: number | undefined
  /** Milliseconds that the database gathers commits before it writes them (`commit_delay`). */
  readonly commitMs: number
  /** How many environments are started and invoked before the flood. */
  readonly environments: number
  /** The number of the first request of the warm-up. */
  readonly firstIndex: number
}

/** A running design whose environments are started. */
export interface WarmApp {
  readonly local: Local
  /** The keys of the requests of the warm-up. */
  readonly warmUpKeys: readonly string[]
}

/** The time-out for a queue that does not become empty. */
const drainLimitMs = 15 * 60_000

/** Runs a design with its own database and queues, warms it up, and stops it after `use`. */
export async function withApp<T>(
  options: RunOptions,
  progress: Progress,
  use: (app: WarmApp) => Promise<T>,
): Promise<T> {
  const { spike, commitMs, environments, firstIndex } = options
  progress.step('starting')
  const { app, folder } = await loadApp(options.config)
  if (app.database === undefined) {
    throw new SpillwayError('SPILLWAY_START_FAILED', `The app '${app.name}' has no database to flood.`)
  }
  const warmUp = createWarmUp()
  const sized = options.maxConnections === undefined ? app : sizeApp(app, options.maxConnections)
  const local = await startLocal(
    { app: sized, folder },
    {
      databaseSettings: { commit_delay: Math.round(commitMs * 1000), commit_siblings: 0 },
      onReport: progress.line,
      onInvocation: warmUp.onInvocation,
    },
  )
  try {
    progress.step(`warming up ${environments} environments`)
    const warmUpKeys = await warmUp.run(local, { spike, environments, firstIndex })
    await drain(local)
    return await use({ local, warmUpKeys })
  } finally {
    progress.step('stopping')
    await local.stop()
  }
}

/**
 * Waits until no message is left and no function runs.
 *
 * @throws SpillwayError `SPILLWAY_WRITE_FAILED` after a quarter of an hour.
 */
export async function drain(
  local: Local,
  onWait: (waiting: number) => void = () => undefined,
): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const waiting = (await countQueued(local)) + (await countActive(local))
    if (waiting === 0) return
    if (performance.now() - startedAt > drainLimitMs) {
      throw new SpillwayError(
        'SPILLWAY_WRITE_FAILED',
        `The queue did not drain: ${waiting} messages are left.`,
      )
    }
    onWait(waiting)
    await sleep(20)
  }
}

async function countActive(local: Local): Promise<number> {
  const { functions } = await local.state()
  return Object.values(functions).reduce((sum, { active }) => sum + active, 0)
}
