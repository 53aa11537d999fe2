import { type Kysely, type RawBuilder, sql } from 'kysely'
import { classifyError } from '../../errors/classify-error.ts'
import type { Failure } from '../../errors/failure.ts'
import type { Schema } from '../table.ts'
import type { NodePostgres } from './postgres-facts.ts'

/** What the server answers to a probe. */
export interface Probed {
  /** 42 where the parameter arrived in binary form. */
  readonly binary: number | null
}

/** An array of the one `int4` 42 in binary form: one dimension, no null, the type 23, one element from 1 on, 4 bytes. */
const sent = 42
const array = Buffer.from([1, 0, 23, 1, 1, 4, sent].flatMap((number) => [0, 0, 0, number]))

/** Failures that say nothing of the driver. */
const blameless: ReadonlySet<Failure> = new Set(['connection', 'saturation', 'busy', 'transient', 'locked'])

/** Those whose driver rejected the probe. */
const others = new WeakSet<object>()

/**
 * Reads something together with a probe, an expression that shows whether the driver is node-postgres and its binary
 * parameters reach the server.
 *
 * Its parameter is a value that node-postgres alone can send: it asks for the `toPostgres` of a value, and sends a `Buffer`
 * in binary form. The native client (`pg-native`) makes a text of it, which no server takes for an array. To any other
 * driver it is an object, of which the text or the JSON is an empty array; where one rejects it, all is read again without.
 */
export async function withProbe<Row extends Probed>(
  db: Kysely<Schema>,
  read: (probe: RawBuilder<unknown>) => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly nodePostgres: NodePostgres | undefined }> {
  // Nobody else is connected to PGlite, which has a driver of its own.
  const mayBe = !others.has(db) && db.getExecutor().adapter.supportsMultipleConnections
  if (mayBe) {
    let prepare: ((value: unknown) => unknown) | undefined
    const parameter = {
      toPostgres(prepareValue: (value: unknown) => unknown) {
        prepare = prepareValue
        return array
      },
      toString: () => '{}',
    }
    try {
      const rows = await read(sql`(${parameter}::pg_catalog.int4[])[1]`)
      return { rows, nodePostgres: rows[0]?.binary === sent && prepare ? driverOf(prepare) : undefined }
    } catch (error) {
      const failure = classifyError(error)
      if (blameless.has(failure)) throw error
    }
  }
  const rows = await read(sql`null::pg_catalog.int4`)
  others.add(db)
  return { rows, nodePostgres: undefined }
}

function driverOf(prepare: (value: unknown) => unknown): NodePostgres {
  return { dateText: (date) => String(prepare(date)) }
}

/** Reads what there is to know of the driver, and nothing else. */
export async function readDriver(
  db: Kysely<Schema>,
): Promise<{ readonly nodePostgres: NodePostgres | undefined }> {
  const { nodePostgres } = await withProbe(db, async (probe) => {
    const { rows } = await sql<Probed>`select ${probe} as "binary"`.execute(db.withoutPlugins())
    return rows
  })
  return { nodePostgres }
}
