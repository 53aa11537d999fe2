import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SpillwayError, toError } from '@spillway/message'
import type { App } from '@spillway/planner'
import { requireNode } from './require-node.ts'

/** The default name of the file that defines an app. */
export const configFile = 'spillway.config.ts'

/** An app definition and the folder that its paths are relative to. */
export interface LoadedApp {
  readonly app: App
  readonly folder: string
}

/**
 * Reads the app definition of a folder, or of a config file.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` when there is no such file, it exports no app, or Node is too old;
 * `SPILLWAY_OPTION_INVALID` or `SPILLWAY_APP_INVALID` from `defineApp`.
 */
export async function loadApp(path: string): Promise<LoadedApp> {
  requireNode()
  const file = await findConfig(resolve(path))
  let module: { default?: unknown }
  try {
    module = await import(pathToFileURL(file).href)
  } catch (thrown) {
    if (thrown instanceof SpillwayError) throw thrown
    const cause = toError(thrown)
    throw new SpillwayError('SPILLWAY_START_FAILED', `${file} cannot be loaded: ${cause.message}`, { cause })
  }
  if (!isApp(module.default)) {
    throw new SpillwayError('SPILLWAY_START_FAILED', `${file} must \`export default defineApp({ … })\`.`)
  }
  return { app: module.default, folder: dirname(file) }
}

async function findConfig(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined)
  if (stats?.isFile()) return path
  const file = join(path, configFile)
  if ((await stat(file).catch(() => undefined))?.isFile()) return file
  throw new SpillwayError(
    'SPILLWAY_START_FAILED',
    `There is no ${configFile} in ${path}. Name the folder of an app, for example \`spillway dev ./${basename(path)}\`.`,
  )
}

function isApp(value: unknown): value is App {
  if (typeof value !== 'object' || value === null) return false
  const { name, queues, functions } = value as Partial<Record<keyof App, unknown>>
  return typeof name === 'string' && Array.isArray(queues) && Array.isArray(functions)
}
