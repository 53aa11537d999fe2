import { stat, writeFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { dirname, resolve } from 'node:path'
import { SpillwayError } from '@spillway/message'
import { calibrate, type GivenNumbers } from './calibrate.ts'
import { toPage } from './html/page.ts'
import { findSpike, loadSpike } from './load-spike.ts'
import { startProgress } from './progress.ts'
import { type MachineFacts, type SpikeFigures, type SpikeSettings, toTable } from './report.ts'
import { type DesignFigures, runDesign } from './run-design.ts'

/** What `spillway spike` takes. A calibration chooses the numbers that the user has not set. */
export interface SpikeOptions extends GivenNumbers {
  /** The folder with the `spike.ts`. */
  readonly folder: string
  readonly seconds: number
  /** Print only JSON on standard output. */
  readonly json: boolean
  /** The file of the HTML page. */
  readonly html: string | undefined
}

/**
 * Floods the two designs of an app, one after the other, and prints the results.
 *
 * @returns the exit code: 1 when accepted messages are lost.
 */
export async function spike({ folder, json, html, ...options }: SpikeOptions): Promise<number> {
  if (html !== undefined) await checkFile(html)
  const figures = await measureSpike(folder, options)
  if (html !== undefined) await writeFile(html, toPage(figures))
  process.stdout.write(`${json ? JSON.stringify(figures) : toTable(figures)}\n`)
  return figures.synchronous.lost + figures.buffered.lost === 0 ? 0 : 1
}

/** Checks before the flood, which takes a minute, that the page can be written. */
async function checkFile(file: string): Promise<void> {
  const folder = dirname(resolve(file))
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) return
  throw new SpillwayError('SPILLWAY_OPTION_INVALID', `--html ${file}: there is no folder ${folder}.`)
}

/** Floods the two designs of the spike in a folder. */
export async function measureSpike(
  folder: string,
  options: Omit<SpikeOptions, 'folder' | 'json' | 'html'>,
): Promise<SpikeFigures> {
  const { seconds } = options
  const file = await findSpike(folder)
  const spike = await loadSpike(file)
  const configs = {
    synchronous: resolve(dirname(file), spike.synchronous),
    buffered: resolve(dirname(file), spike.buffered),
  }
  const shared = { file, spike }
  const calibration = startProgress('calibration')
  const numbers = await calibrate({ ...shared, ...configs, given: options }, calibration).finally(
    calibration.end,
  )
  const settings: SpikeSettings = { ...numbers, seconds }
  process.stderr.write(`${describe(settings)}\n`)
  async function run(design: keyof typeof configs): Promise<DesignFigures> {
    const progress = startProgress(design)
    const all = { ...shared, ...settings, config: configs[design] }
    return runDesign(all, progress).finally(progress.end)
  }
  const synchronous = await run('synchronous')
  const buffered = await run('buffered')
  return { settings, machine: readMachine(), synchronous, buffered }
}

function describe({ rate, seconds, maxConnections, commitMs, environments }: SpikeSettings): string {
  return `${rate} requests/s for ${seconds} s, sent when they are due, to a database with max_connections ${maxConnections}, which gathers commits for ${commitMs} ms (commit_delay). Before the clock starts, ${environments} environments of each design are started and invoked once.`
}

function readMachine(): MachineFacts {
  return {
    processors: availableParallelism(),
    memoryGib: Math.round(totalmem() / 1024 ** 3),
    platform: process.platform,
    node: process.version,
  }
}
