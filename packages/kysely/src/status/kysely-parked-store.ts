import { type ParkDecision, type ParkedEntry, type ParkedStore, SpillwayError } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  isClock,
  isRandom,
  nonEmptyString,
  type OptionRules,
  objectWith,
  required,
  standsFor,
  systemClock,
} from '@spillway/message/internal'
import type { Kysely, RawBuilder } from 'kysely'
import { slices } from '../dialects/chunks.ts'
import type { TablesDialect } from '../dialects/dialect.ts'
import { dialectOf } from '../dialects/dialects.ts'
import { defaultParkedTable } from '../dialects/migrations.ts'
import { storableKey } from '../dialects/storable-text.ts'
import { classifyError } from '../errors/classify-error.ts'
import { writeError } from '../errors/describe-error.ts'
import { attempt } from '../time/attempt.ts'
import { createDeadline, type Deadline } from '../time/deadline.ts'
import { readOnce } from '../time/read-once.ts'
import {
  confirmCopy,
  entriesOf,
  insertDecision,
  keyText,
  type ParkedQuery,
  type ParkedTables,
  replaceDecision,
  toEntry,
} from './parked-table.ts'

/** Options of {@link kyselyParkedStore}. */
export interface KyselyParkedStoreOptions<DB> {
  /**
   * A Kysely of Postgres, MySQL or MariaDB. Its plugins do not apply: they would change the names of the columns.
   */
  readonly db: Kysely<DB>
  /** The table, `schema.table` included. Default `spillway_parked`; see {@link parkedMigration}. */
  readonly table?: string
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
  /**
   * A number in `[0, 1)`, for jitter. Default `Math.random`.
   *
   * @internal
   */
  readonly random?: () => number
}

/** A {@link ParkedStore} in a table. */
export interface KyselyParkedStore extends ParkedStore {
  /**
   * Deletes the entries of messages that were parked before a time, 1,000 in a statement, until none is left, and
   * returns their number. For a scheduled job. Postgres skips entries that are locked by another `put` or `prune`: the
   * next call deletes them. MySQL and MariaDB wait for the locks.
   *
   * A deleted message counts as `accepted` again. Keep entries for as long as the dead-letter queue keeps messages (14
   * days at most, Amazon SQS, "Message retention period"), and for as long as clients may ask for the status.
   */
  prune(olderThan: Date): Promise<number>
}

const rules: OptionRules<KyselyParkedStoreOptions<unknown>> = {
  db: required(objectWith('transaction', 'withoutPlugins')),
  table: { ...nonEmptyString(), required: false },
  clock: isClock,
  random: isRandom,
}

const pruneSize = 1_000

/** Keys in one statement that looks for entries. */
const findSize = 1_000

/** The maximum number of tries while concurrent decisions replace each other. */
const maxTries = 5

/**
 * Keeps the decisions to park messages in a table: a parked record that is delivered again is not written, its copy is
 * sent once, and the status has the reason.
 *
 * - `put` commits a decision before the copy is sent. A message has one entry: the first decision stands, until the
 *   redriven copy is parked again, or a message with another body is parked under its key. Any reason can be stored:
 *   characters that Postgres cannot store become U+FFFD, texts are cut at 1,000 characters, a list of issues at 20.
 * - `confirm` records that the copy is in the dead-letter queue, and `findAll` reads the entries of a batch.
 * - `put` and `confirm` wait for a database that is saturated or down while time remains, as the writer does; `find`
 * and `findAll` do not wait.
 * - No statement runs longer than the caller waits: Postgres and MariaDB end it. MySQL ends a wait for a lock after
 *   `innodb_lock_wait_timeout`, 50 s by default.
 * - `put` and `confirm` reject with `SPILLWAY_TABLE_UNKNOWN`, `SPILLWAY_DATABASE_UNAVAILABLE`, `SPILLWAY_WRITE_FAILED`
 *   or `SPILLWAY_DEADLINE`; `find` and `findAll` with `SPILLWAY_STATUS_UNAVAILABLE`.
 *
 * Tested with Postgres and MariaDB. In MySQL and MariaDB a key may have 1,024 bytes and a name 512. A `sql_mode` that
 * is not strict or has `NO_BACKSLASH_ESCAPES`, and a storage engine without transactions, are refused.
 *
 * @example
 * ```ts
 * import { kyselyParkedStore } from '@spillway/kysely'
 * import type { Kysely, RawBuilder } from 'kysely'
 *
 * declare const db: Kysely<{ orders: { id: string } }>
 *
 * const parked = kyselyParkedStore({ db })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or of the wrong kind.
 */
export function kyselyParkedStore<DB>(options: KyselyParkedStoreOptions<DB>): KyselyParkedStore {
  checkOptions('kyselyParkedStore', options, rules)
  const { table = defaultParkedTable, clock = systemClock, random = Math.random } = options
  const db = options.db.withoutPlugins() as unknown as Kysely<ParkedTables>
  const { time, tables, sessionCheck } = dialectOf('kyselyParkedStore', db)
  const checkSession = sessionCheck(db, table, 'write')

  async function once<Result>(query: ParkedQuery<Result>, deadline: Deadline): Promise<readonly Result[]> {
    await checkSession(deadline)
    return time.withinDeadline(db, deadline, query)
  }

  /** Runs an idempotent statement, and waits for a database that is down. */
  async function run<Result>(query: ParkedQuery<Result>, deadline: Deadline): Promise<readonly Result[]> {
    const result = await attempt(() => once(query, deadline), deadline, random)
    if (result.kind === 'ok') return result.value
    throw result.failure === undefined ? result.error : writeError(result.failure, result.error, { table })
  }

  const findAll: ParkedStore['findAll'] = async (name, keys, limit) => {
    const deadline = createDeadline(limit, clock)
    const found = new Map<string, ParkedEntry>()
    for (const some of slices(keys, findSize)) {
      const read = () => once(entriesOf(table, name, some), deadline)
      const keyOf = new Map(some.map((key) => [storableKey(key), key]))
      for (const row of await readOnce(read, deadline)) {
        const key = keyOf.get(keyText(row.key))
        if (key !== undefined) found.set(key, toEntry(row, name, key))
      }
    }
    return found
  }

  return Object.freeze<KyselyParkedStore>({
    put: (decision, limit) => put(decision, createDeadline(limit, clock), { table, tables, run }),
    async confirm(entry, limit) {
      await run(confirmCopy(table, entry, new Date(clock.now())), createDeadline(limit, clock))
    },
    findAll,
    find: async (name, key, limit) => (await findAll(name, [key], limit)).get(key),
    prune: (olderThan) => prune(db, table, (count) => tables.pruneParked(table, olderThan, count)),
  })
}

interface PutPlace {
  readonly table: string
  readonly tables: TablesDialect
  run<Result>(query: ParkedQuery<Result>, deadline: Deadline): Promise<readonly Result[]>
}

async function put(
  decision: ParkDecision,
  deadline: Deadline,
  { table, tables, run }: PutPlace,
): Promise<ParkedEntry> {
  const { name, key } = decision
  for (let tries = 1; tries <= maxTries; tries++) {
    await run(insertDecision(table, decision, tables.keepParked), deadline)
    const [found] = await run(entriesOf(table, name, [key]), deadline)
    if (found === undefined) continue // Pruned since the insert.
    const entry = toEntry(found, name, key)
    if (standsFor(entry, decision)) return entry
    // Replaces only the decision that was read: another one may have been made since.
    await run(replaceDecision(table, decision, entry.recordId), deadline)
  }
  throw new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'The entry of a parked message was replaced or pruned each time it was inserted.',
  )
}

async function prune(
  db: Kysely<ParkedTables>,
  table: string,
  deletion: (count: number) => RawBuilder<unknown>,
): Promise<number> {
  let pruned = 0
  for (;;) {
    const { numAffectedRows = 0n } = await deletion(pruneSize)
      .execute(db)
      .catch((error: unknown) => {
        throw writeError(classifyError(error), error, { table })
      })
    pruned += Number(numAffectedRows)
    if (numAffectedRows === 0n) return pruned
  }
}
