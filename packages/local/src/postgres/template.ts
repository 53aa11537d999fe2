import { chmod, chown, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Reaper } from '../reaper/reaper.ts'
import { type Binaries, intoCache, isOurs } from './binaries.ts'
import { type Account, run } from './command.ts'
import { preparation } from './roles.ts'

/**
 * A data folder that `initdb` has created, to be copied. A copy takes a fifth of the time of `initdb`. The first call
 * for a version of Postgres creates it in a cache below the temporary folder.
 */
export async function dataTemplate(
  binaries: Binaries,
  account: Account | undefined,
  reaper: Reaper,
): Promise<string> {
  const { version } = binaries
  const name = `spillway-postgres-template-3-${version}-${process.platform}-${process.arch}`
  // Otherwise a server of another user could not read it.
  const cache = join(await realpath(tmpdir()), account === undefined ? name : `${name}-${account.uid}`)
  if (await isOurs(cache)) return join(cache, 'data')
  const folder = await mkdtemp(`${cache}-`)
  reaper.removeOnExit(folder)
  if (account !== undefined) await chown(folder, account.uid, account.gid)
  await initialize(binaries, account, join(folder, 'data'))
  if (account !== undefined) {
    // This user owns it again, so that no other user can replace it.
    await chown(folder, process.getuid?.() ?? 0, account.gid)
    await chmod(folder, 0o750)
  }
  return join(await intoCache(folder, cache), 'data')
}

/**
 * Creates a data folder with the roles and the empty database of {@link preparation}. Its superuser `postgres` has no
 * password, so nobody can log in as it once its `pg_hba.conf`, which trusts every client, is replaced.
 */
export async function initialize(
  { initdb, postgres }: Binaries,
  account: Account | undefined,
  data: string,
): Promise<void> {
  const options = ['--username=postgres', '--auth=trust', '--no-sync', '--no-instructions']
  // Uses only the locale `C` of the operating system, because not every system has `C.UTF-8`. The server's own provider
  // has it.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  await run(initdb, ['-D', data, ...options, ...locale], account)
  // In single-user mode a statement ends with its line.
  const statements = preparation.map((statement) => `${statement}\n`).join('')
  await run(postgres, ['--single', '-D', data, 'postgres'], account, statements)
}
