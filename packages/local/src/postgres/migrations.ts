import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SpillwayError } from '@spillway/message'
import type { Client } from 'pg'

/**
 * Runs the `*.sql` files of a folder in the order of their names, each in its own transaction.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` with the name of the file or folder and the error of Postgres.
 */
export async function runMigrations(client: Client, folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw failed(`The folder of migrations ${folder} cannot be read`, cause)
  })
  for (const name of names.filter((name) => name.endsWith('.sql')).sort()) {
    const path = join(folder, name)
    try {
      const sql = await readFile(path, 'utf8')
      await client.query('begin')
      await client.query(sql)
      await client.query('commit')
    } catch (cause) {
      throw failed(`The migration ${path} failed`, cause)
    }
  }
}

function failed(what: string, cause: unknown): SpillwayError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new SpillwayError('SPILLWAY_START_FAILED', `${what}: ${why}`, { cause })
}
