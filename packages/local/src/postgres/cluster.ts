import { appendFile, chown, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SpillwayError } from '@spillway/message'
import type { Reaper } from '../reaper/reaper.ts'
import type { Binaries } from './binaries.ts'
import { type Account, run } from './command.ts'
import { dataTemplate, initialize } from './template.ts'

/** The data folder of one server. */
export interface Cluster {
  readonly data: string
  delete(): Promise<void>
}

/**
 * The role `postgres` has no password, so this rejects it: it can run programs, and other users of this machine must not
 * log in as it.
 */
const trust = `host all postgres 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
`

/**
 * Creates a data folder below the temporary folder. The reaper deletes it if nothing else does.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` with the error of `initdb` or `cp`.
 */
export async function createCluster(
  binaries: Binaries,
  account: Account | undefined,
  conf: string,
  reaper: Reaper,
): Promise<Cluster> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'spillway-postgres-data-'))
  reaper.removeOnExit(folder)
  const cluster: Cluster = Object.freeze({
    data: join(folder, 'data'),
    delete: () => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  })
  try {
    if (account !== undefined) await chown(folder, account.uid, account.gid)
    await fill(cluster.data, binaries, account, reaper)
    await appendFile(join(cluster.data, 'postgresql.conf'), conf)
    await writeFile(join(cluster.data, 'pg_hba.conf'), trust)
    return cluster
  } catch (error) {
    await cluster.delete()
    const why = error instanceof Error ? error.message : ''
    throw new SpillwayError(
      'SPILLWAY_START_FAILED',
      `Postgres cannot set up its data folder below ${tmpdir()}: ${why}`,
      { cause: error },
    )
  }
}

async function fill(
  data: string,
  binaries: Binaries,
  account: Account | undefined,
  reaper: Reaper,
): Promise<void> {
  // Windows has no `cp`, and Node's `cp` takes as long there as initdb.
  if (process.platform === 'win32') await initialize(binaries, account, data)
  else await run('cp', ['-R', await dataTemplate(binaries, account, reaper), data], account)
}
