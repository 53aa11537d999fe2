import type { ParkedMessage, ParkedStore, TimeLimit } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  isFunction,
  nonEmptyString,
  type OptionRules,
  objectWith,
  required,
  systemClock,
} from '@spillway/message/internal'
import type { Kysely } from 'kysely'
import { engineOf } from '../engines/engine-name.ts'
import { storableKey } from '../engines/postgres/storable-text.ts'
import { classifyError } from '../errors/classify-error.ts'
import { writeError } from '../errors/describe-error.ts'
import { attempt } from '../time/attempt.ts'
import { createDeadline } from '../time/deadline.ts'
import { readOnce } from '../time/read-once.ts'
import { withinDeadline } from '../time/within-deadline.ts'
import { defaultParkedTable } from './parked-migration.ts'
import { fromColumns, type ReasonColumns, toColumns } from './parked-reason.ts'

/** What {@link kyselyParkedStore} takes. */
export interface KyselyParkedStoreOptions<DB> {
  /**
   * A Kysely of Postgres, MySQL, MariaDB or SQLite. Its plugins do not apply: they would change the names of the columns.
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

interface ParkedRow extends ReasonColumns {
  readonly name: string
  readonly key: string
  readonly parked_at: Date | string
}

const rules: OptionRules<KyselyParkedStoreOptions<unknown>> = {
  db: required(objectWith('transaction', 'withoutPlugins')),
  table: { ...nonEmptyString(), required: false },
  clock: objectWith('now', 'sleep'),
  random: isFunction,
}

const pruneSize = 1_000

/**
 * Keeps the reasons of parked messages in a table, so that a status can tell them.
 *
 * - `put` inserts or replaces: a message has one entry, whose reason and time are those of the last `put`. A reason
 *   never stands in the way of its entry: what Postgres cannot hold in a text becomes U+FFFD, a text is cut at 1,000
 *   characters, a list of issues at 20.
 * - `put` waits for a database that is saturated or down while time remains, as the writer does; `find` does not.
 * - No statement outlives the caller's time: Postgres and MariaDB end it. MySQL ends a wait for a lock after
 *   `innodb_lock_wait_timeout`, 50 s by default.
 * - `put` rejects with `SPILLWAY_TABLE_UNKNOWN`, `SPILLWAY_DATABASE_UNAVAILABLE`, `SPILLWAY_WRITE_FAILED` or
 *   `SPILLWAY_DEADLINE`; `find` with `SPILLWAY_STATUS_UNAVAILABLE`.
 *
 * Tested with Postgres, MariaDB and SQLite. In MySQL and MariaDB a key may have 1,024 bytes and a name 512.
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
  const db = options.db.withoutPlugins() as unknown as Kysely<Record<string, ParkedRow>>
  const engine = engineOf('kyselyParkedStore', db)
  // The drivers of SQLite take no dates; ISO 8601 texts sort as their times do.
  const toTime = (at: Date) => (engine === 'sqlite' ? at.toISOString() : at)

  async function put({ name, key, reason, at }: ParkedMessage, limit: TimeLimit): Promise<void> {
    const entry = { ...toColumns(reason), parked_at: toTime(at) }
    const row = { name: storableKey(name), key: storableKey(key), ...entry }
    const deadline = createDeadline(limit, clock)
    const upsert = () =>
      withinDeadline(db, deadline, (transaction) =>
        transaction
          .insertInto(table)
          .values(row)
          .$call((query) =>
            engine === 'mysql'
              ? query.onDuplicateKeyUpdate(entry)
              : query.onConflict((target) => target.columns(['name', 'key']).doUpdateSet(entry)),
          ),
      )
    const result = await attempt(upsert, deadline, random)
    if (result.kind === 'ok') return
    throw result.failure === undefined ? result.error : writeError(result.failure, result.error, { table })
  }

  async function find(name: string, key: string, limit: TimeLimit): Promise<ParkedMessage | undefined> {
    const deadline = createDeadline(limit, clock)
    const read = () =>
      withinDeadline(db, deadline, (transaction) =>
        transaction
          .selectFrom(table)
          .select(['code', 'detail', 'issues', 'parked_at'])
          .where('name', '=', storableKey(name))
          .where('key', '=', storableKey(key)),
      )
    const [row] = await readOnce(read, deadline)
    return row && { name, key, reason: fromColumns(row), at: new Date(row.parked_at) }
  }

  // MySQL cannot skip the rows that others hold: a `delete` waits for them.
  function deletion(olderThan: Date | string) {
    if (engine === 'mysql') return db.deleteFrom(table).where('parked_at', '<', olderThan).limit(pruneSize)
    return db.deleteFrom(table).where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('name', 'key'),
        'in',
        selectFrom(table)
          .select(['name', 'key'])
          .where('parked_at', '<', olderThan)
          .limit(pruneSize)
          .$if(engine === 'postgres', (query) => query.forUpdate().skipLocked())
          .$asTuple('name', 'key'),
      ),
    )
  }

  async function prune(olderThan: Date): Promise<number> {
    let pruned = 0
    for (;;) {
      const { numDeletedRows } = await deletion(toTime(olderThan))
        .executeTakeFirstOrThrow()
        .catch((error: unknown) => {
          throw writeError(classifyError(error), error, { table })
        })
      pruned += Number(numDeletedRows)
      if (numDeletedRows === 0n) return pruned
    }
  }

  return Object.freeze({ put, find, prune })
}
