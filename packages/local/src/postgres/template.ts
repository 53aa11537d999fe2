import { chmod, chown, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Reaper } from '../reaper/reaper.ts'
import { type Binaries, intoCache, isOurs } from './binaries.ts'
import { type Account, run } from './command.ts'
import { preparedDatabase } from './roles.ts'

/**
 * A data folder as `initdb` makes it, to be copied: that takes a fifth of the time. Made on the first call for a version
 * of Postgres, in a cache below the temporary folder. Nobody can log in to its superuser, who has no password.
 */
export async function dataTemplate(
  binaries: Binaries,
  account: Account | undefined,
  reaper: Reaper,
): Promise<string> {
  const { version } = binaries
  const name = `spillway-postgres-template-2-${version}-${process.platform}-${process.arch}`
  // A server that another user runs could not read it.
  const cache = join(await realpath(tmpdir()), account === undefined ? name : `${name}-${account.uid}`)
  if (await isOurs(cache)) return join(cache, 'data')
  const folder = await mkdtemp(`${cache}-`)
  reaper.removeOnExit(folder)
  if (account !== undefined) await chown(folder, account.uid, account.gid)
  await initialize(binaries, account, join(folder, 'data'))
  if (account !== undefined) {
    // Ours again: nobody else may put another data folder there.
    await chown(folder, process.getuid?.() ?? 0, account.gid)
    await chmod(folder, 0o750)
  }
  return join(await intoCache(folder, cache), 'data')
}

/**
 * Makes a data folder with an empty database that {@link preparedDatabase} names. Its superuser `postgres` has no
 * password. Its `pg_hba.conf` lets everybody in, and has to be replaced.
 */
export async function initialize(
  { initdb, postgres }: Binaries,
  account: Account | undefined,
  data: string,
): Promise<void> {
  const options = ['--username=postgres', '--auth=trust', '--no-sync', '--no-instructions']
  // The operating system is asked for `C` alone: not every one has a locale `C.UTF-8`, but the server does.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  await run(initdb, ['-D', data, ...options, ...locale], account)
  await run(postgres, ['--single', '-D', data, 'postgres'], account, `create database ${preparedDatabase}\n`)
}
