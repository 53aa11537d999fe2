import {
  type ParkDecision,
  type ParkedEntry,
  type ParkedStore,
  SpillwayError,
  type TimeLimit,
} from '@spillway/message'
import {
  type Clock,
  checkOptions,
  isFunction,
  nonEmptyString,
  type OptionRules,
  objectWith,
  required,
  standsFor,
  systemClock,
} from '@spillway/message/internal'
import { type Kysely, sql } from 'kysely'
import { engineOf } from '../dialects/dialects.ts'
import { createSessionCheck } from '../dialects/mysql/mysql-session-check.ts'
import { storableKey } from '../dialects/postgres/storable-text.ts'
import { slices } from '../dialects/slices.ts'
import { classifyError } from '../errors/classify-error.ts'
import { writeError } from '../errors/describe-error.ts'
import { attempt } from '../time/attempt.ts'
import { createDeadline, type Deadline } from '../time/deadline.ts'
import { readOnce } from '../time/read-once.ts'
import { type Query, withinDeadline } from '../time/within-deadline.ts'
import { defaultParkedTable } from './parked-migration.ts'
import { fromColumns, type ReasonColumns, toColumns } from './parked-reason.ts'

/** What {@link kyselyParkedStore} takes. */
export interface KyselyParkedStoreOptions<DB> {
  /**
   * A Kysely of Postgres, MySQL or MariaDB. Its plugins do not apply: they would change the names of the columns.
   */
  readonly db: Kysely<DB>
  /** The table, `schema.table` included. Default `spillway_parked`; see {@link parkedMigration}. */
  readonly table?: string
  /** Default: the clock of the machine. */
  readonly clock?: Clock
  /** A number in `[0, 1)`, for jitter. Default `Math.random`. */
  readonly random?: () => number
}

/** A {@link ParkedStore} in a table. */
export interface KyselyParkedStore extends ParkedStore {
  /**
   * Deletes the entries of messages that were parked before a time, 1,000 in a statement, until none is left, and
   * answers how many. For a scheduled job. An entry that is being put or pruned elsewhere is not waited for: it stays
   * until the next time. MySQL and MariaDB wait.
   *
   * A pruned message counts as `accepted` again: keep entries for as long as the dead-letter queue keeps messages (14
   * days at most, Amazon SQS, "Message retention period") and clients may ask.
   */
  prune(olderThan: Date): Promise<number>
}

type Tables = Record<string, ParkedRow>

interface ParkedRow extends ReasonColumns {
  readonly name: string
  /** MySQL and MariaDB give bytes. */
  readonly key: string | Uint8Array
  readonly parked_at: Date | string
  readonly record_id: string
  readonly fingerprint: string | null
  readonly copied_at: Date | string | null
}

const entryColumns = [
  'key',
  'code',
  'detail',
  'issues',
  'parked_at',
  'record_id',
  'fingerprint',
  'copied_at',
] as const

const rules: OptionRules<KyselyParkedStoreOptions<unknown>> = {
  db: required(objectWith('transaction', 'withoutPlugins')),
  table: { ...nonEmptyString(), required: false },
  clock: objectWith('now', 'sleep'),
  random: isFunction,
}

const pruneSize = 1_000

/** Keys in one statement that looks for entries. */
const findSize = 1_000

/** How often a decision is made anew because another one came in between. */
const mostMeetings = 5

/**
 * Keeps the decisions to park messages in a table: a record that is delivered again is not written after all, its copy is
 * sent once, and a status can tell the reason.
 *
 * - `put` commits a decision before its copy is sent. A message has one entry: the first decision stands, until the copy
 *   comes back from the dead-letter queue and is parked again, or a message with another body is parked under its key.
 *   A reason never stands in the way of its entry: what Postgres cannot hold in a text becomes U+FFFD, a text is cut at
 *   1,000 characters, a list of issues at 20.
 * - `confirm` notes that the copy is in the dead-letter queue, `findAll` looks for the entries of a batch.
 * - `put` and `confirm` wait for a database that is saturated or down while time remains, as the writer does; `find` and
 *   `findAll` do not.
 * - No statement outlives the caller's time: Postgres and MariaDB end it. MySQL ends a wait for a lock after
 *   `innodb_lock_wait_timeout`, 50 s by default.
 * - `put` and `confirm` reject with `SPILLWAY_TABLE_UNKNOWN`, `SPILLWAY_DATABASE_UNAVAILABLE`, `SPILLWAY_WRITE_FAILED` or
 *   `SPILLWAY_DEADLINE`; `find` and `findAll` with `SPILLWAY_STATUS_UNAVAILABLE`.
 *
 * Tested with Postgres and MariaDB. In MySQL and MariaDB a key may have 1,024 bytes and a name 512; a `sql_mode`
 * that is not strict or has `NO_BACKSLASH_ESCAPES` is refused, and a table of a storage engine without transactions.
 *
 * @example
 * ```ts
 * import { kyselyParkedStore } from '@spillway/kysely'
 * import type { Kysely } from 'kysely'
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
  const db = options.db.withoutPlugins() as unknown as Kysely<Tables>
  const engine = engineOf('kyselyParkedStore', db)
  const checkSession = createSessionCheck(db, engine, table, 'write')

  async function once<Row>(
    query: (db: Kysely<Tables>) => Query<Row>,
    deadline: Deadline,
  ): Promise<readonly Row[]> {
    await checkSession(deadline)
    return withinDeadline(db, deadline, query)
  }

  /** Runs a statement that may be repeated, and waits for a database that is down. */
  async function run<Row>(
    query: (db: Kysely<Tables>) => Query<Row>,
    deadline: Deadline,
  ): Promise<readonly Row[]> {
    const result = await attempt(() => once(query, deadline), deadline, random)
    if (result.kind === 'ok') return result.value
    throw result.failure === undefined ? result.error : writeError(result.failure, result.error, { table })
  }

  async function put(decision: ParkDecision, limit: TimeLimit): Promise<ParkedEntry> {
    const deadline = createDeadline(limit, clock)
    const { name, key } = decision
    const values = { ...toColumns(decision.reason), ...toColumnsOf(decision), parked_at: decision.at }
    const row = { name: storableKey(name), key: storableKey(key), ...values }
    for (let meeting = 1; meeting <= mostMeetings; meeting++) {
      await run((transaction) => insertNew(transaction, row), deadline)
      const [found] = await run((transaction) => entriesOf(transaction, name, [key]), deadline)
      if (found === undefined) continue // Pruned since the insert.
      const entry = toEntry(found, name, key)
      if (standsFor(entry, decision)) return entry
      // Only over the decision that was seen: another one may have come since.
      await run(
        (transaction) =>
          transaction
            .updateTable(table)
            .set({ ...values, copied_at: null })
            .where('name', '=', row.name)
            .where('key', '=', row.key)
            .where('record_id', '=', entry.recordId),
        deadline,
      )
    }
    throw new SpillwayError(
      'SPILLWAY_WRITE_FAILED',
      'The entry of a parked message was replaced or pruned each time that it was made.',
    )
  }

  function insertNew(transaction: Kysely<Tables>, row: Omit<ParkedRow, 'copied_at'>) {
    return transaction
      .insertInto(table)
      .values({ ...row, copied_at: null })
      .$call((query) =>
        engine === 'mysql'
          ? query.onDuplicateKeyUpdate({ name: sql.ref('name') })
          : query.onConflict((target) => target.columns(['name', 'key']).doNothing()),
      )
  }

  async function confirm({ name, key, recordId }: ParkedEntry, limit: TimeLimit): Promise<void> {
    const deadline = createDeadline(limit, clock)
    const copied_at = new Date(clock.now())
    await run(
      (transaction) =>
        transaction
          .updateTable(table)
          .set({ copied_at })
          .where('name', '=', storableKey(name))
          .where('key', '=', storableKey(key))
          .where('record_id', '=', recordId),
      deadline,
    )
  }

  function entriesOf(transaction: Kysely<Tables>, name: string, keys: readonly string[]) {
    return transaction
      .selectFrom(table)
      .select(entryColumns)
      .where('name', '=', storableKey(name))
      .where('key', 'in', keys.map(storableKey))
  }

  async function findAll(
    name: string,
    keys: readonly string[],
    limit: TimeLimit,
  ): Promise<ReadonlyMap<string, ParkedEntry>> {
    const deadline = createDeadline(limit, clock)
    const keyOf = new Map(keys.map((key) => [storableKey(key), key]))
    const found = new Map<string, ParkedEntry>()
    for (const some of slices(keys, findSize)) {
      const read = () => once((transaction) => entriesOf(transaction, name, some), deadline)
      for (const row of await readOnce(read, deadline)) {
        const key = keyOf.get(toKey(row.key))
        if (key !== undefined) found.set(key, toEntry(row, name, key))
      }
    }
    return found
  }

  async function find(name: string, key: string, limit: TimeLimit): Promise<ParkedEntry | undefined> {
    return (await findAll(name, [key], limit)).get(key)
  }

  // MySQL cannot skip the rows that others hold: a `delete` waits for them.
  function deletion(olderThan: Date) {
    if (engine === 'mysql') return db.deleteFrom(table).where('parked_at', '<', olderThan).limit(pruneSize)
    return db
      .deleteFrom(table)
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('name', 'key'),
          'in',
          selectFrom(table)
            .select(['name', 'key'])
            .where('parked_at', '<', olderThan)
            .limit(pruneSize)
            .forUpdate()
            .skipLocked()
            .$asTuple('name', 'key'),
        ),
      )
  }

  async function prune(olderThan: Date): Promise<number> {
    let pruned = 0
    for (;;) {
      const { numDeletedRows } = await deletion(olderThan)
        .executeTakeFirstOrThrow()
        .catch((error: unknown) => {
          throw writeError(classifyError(error), error, { table })
        })
      pruned += Number(numDeletedRows)
      if (numDeletedRows === 0n) return pruned
    }
  }

  return Object.freeze({ put, confirm, findAll, find, prune })
}

function toColumnsOf({ recordId, fingerprint }: ParkDecision) {
  return { record_id: recordId, fingerprint: fingerprint ?? null }
}

function toKey(key: ParkedRow['key']): string {
  return typeof key === 'string' ? key : Buffer.from(key).toString()
}

function toEntry(row: Omit<ParkedRow, 'name'>, name: string, key: string): ParkedEntry {
  const { parked_at, record_id: recordId, fingerprint, copied_at } = row
  return {
    name,
    key,
    reason: fromColumns(row),
    at: new Date(parked_at),
    recordId,
    ...(fingerprint !== null && { fingerprint }),
    copied: copied_at !== null,
  }
}
