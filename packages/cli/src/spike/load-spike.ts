import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SpillwayError } from '@spillway/message'
import type { Spike } from './define-spike.ts'

/** The file of a spike in the folder of an app. */
export async function findSpike(folder: string): Promise<string> {
  const file = join(resolve(folder), 'spike.ts')
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (found?.isFile()) return file
  throw new SpillwayError(
    'SPILLWAY_START_FAILED',
    `There is no spike.ts in ${resolve(folder)}, which defines the requests. Write one with defineSpike({ … }).`,
  )
}

/** Reads a spike. */
export async function loadSpike(file: string): Promise<Spike> {
  const { default: spike }: { default?: unknown } = await import(pathToFileURL(file).href)
  if (typeof spike === 'object' && spike !== null && 'request' in spike) return spike as Spike
  throw new SpillwayError('SPILLWAY_START_FAILED', `${file} must \`export default defineSpike({ … })\`.`)
}
