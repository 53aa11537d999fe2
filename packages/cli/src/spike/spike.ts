import { dirname, resolve } from 'node:path'
import { findSpike, loadSpike } from './load-spike.ts'
import { startProgress } from './progress.ts'
import { type SpikeFigures, toTable } from './report.ts'
import { type DesignFigures, runDesign } from './run-design.ts'

/** What `spillway spike` takes. */
export interface SpikeOptions {
  /** The folder with the `spike.ts`. */
  readonly folder: string
  /** Requests a second. */
  readonly rate: number
  readonly seconds: number
  /** Milliseconds that the database gathers commits before it writes them (`commit_delay`). */
  readonly commitMs: number
  /** Print JSON and nothing else on standard output. */
  readonly json: boolean
}

/** Floods the two designs of an app, one after the other, and prints what became of the requests. */
export async function spike({ folder, rate, seconds, commitMs, json }: SpikeOptions): Promise<number> {
  const file = await findSpike(folder)
  const { synchronous, buffered, writtenKeys } = await loadSpike(file)
  async function run(name: string, config: string): Promise<DesignFigures> {
    const progress = startProgress(name)
    const options = { config: resolve(dirname(file), config), file, writtenKeys, rate, seconds, commitMs }
    return runDesign(options, progress).finally(() => progress.end())
  }
  process.stderr.write(
    `${rate} requests/s for ${seconds} s, sent when they are due; the database gathers commits for ${commitMs} ms (commit_delay).\n`,
  )
  const figures: SpikeFigures = {
    synchronous: await run('synchronous', synchronous),
    buffered: await run('buffered', buffered),
  }
  process.stdout.write(`${json ? JSON.stringify(figures) : toTable(figures)}\n`)
  return 0
}
