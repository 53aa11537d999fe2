import { type Kysely, type RawBuilder, sql } from 'kysely'
import { classifyError } from '../../errors/classify-error.ts'
import type { Failure } from '../../errors/failure.ts'
import type { Schema } from '../table.ts'
import type { NodePostgres } from './postgres-facts.ts'

/** The answer of the server to a probe. */
export interface Probed {
  /** 42 if the parameter arrived in binary form. */
  readonly binary: number | null
}

/**
 * An array with the `int4` 42 in binary form: one dimension, no null, the type 23, one element, first index 1, 4 bytes.
 */
const sent = 42
const array = Buffer.from([1, 0, 23, 1, 1, 4, sent].flatMap((number) => [0, 0, 0, number]))

/** Failures that do not depend on the driver. */
const unrelatedToDriver: ReadonlySet<Failure> = new Set([
  'connection',
  'saturation',
  'busy',
  'transient',
  'locked',
])

/** Kysely instances whose driver rejected the probe. */
const otherDrivers = new WeakSet<object>()

/**
 * Runs a read together with a probe: an expression that shows whether the driver is node-postgres and its binary
 * parameters reach the server.
 *
 * Only node-postgres can send its parameter: it calls `toPostgres` of a value, and sends a `Buffer` in binary form. The
 * native client (`pg-native`) turns the buffer into a text that no server accepts as an array. For any other driver the
 * parameter is an object whose text or JSON is an empty array. If a driver rejects it, the read runs again without the
 * probe.
 */
export async function withProbe<Row extends Probed>(
  db: Kysely<Schema>,
  read: (probe: RawBuilder<unknown>) => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly nodePostgres: NodePostgres | undefined }> {
  // PGlite, which has its own driver, has a single connection.
  const mayBe = !otherDrivers.has(db) && db.getExecutor().adapter.supportsMultipleConnections
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
      if (unrelatedToDriver.has(failure)) throw error
    }
  }
  const rows = await read(sql`null::pg_catalog.int4`)
  otherDrivers.add(db)
  return { rows, nodePostgres: undefined }
}

function driverOf(prepare: (value: unknown) => unknown): NodePostgres {
  return { dateText: (date) => String(prepare(date)) }
}

/** Runs the probe alone. */
export async function readDriver(
  db: Kysely<Schema>,
): Promise<{ readonly nodePostgres: NodePostgres | undefined }> {
  const { nodePostgres } = await withProbe(db, async (probe) => {
    const { rows } = await sql<Probed>`select ${probe} as "binary"`.execute(db.withoutPlugins())
    return rows
  })
  return { nodePostgres }
}
