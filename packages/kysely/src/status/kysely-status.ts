import type { MessageStatus, ParkedStore, StatusSource, TimeLimit } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  isClock,
  nonEmptyString,
  type OptionRules,
  objectWith,
  required,
  systemClock,
} from '@spillway/message/internal'
import { type Expression, type Kysely, type SqlBool, sql } from 'kysely'
import { dialectOf } from '../dialects/dialects.ts'
import type { Schema } from '../dialects/table.ts'
import { isOfAValue } from '../errors/classify-error.ts'
import { createDeadline } from '../time/deadline.ts'
import { readOnce } from '../time/read-once.ts'

/** Options of {@link kyselyStatus}. */
export interface KyselyStatusOptions<DB, Table extends keyof DB & string> {
  /** A Kysely of the primary database: a replica lags. Its plugins and `withSchema` apply. */
  readonly db: Kysely<DB>
  /** The target table of the messages, or the inbox, `schema.table` included. */
  readonly table: Table
  /** The column that holds the key of the message. It needs an index; a primary key has one. */
  readonly key: keyof DB[Table] & string
  /**
   * The column that holds the name of the message, in a table that several messages share, such as an inbox. Without
   * it, the key of one message counts for all of them. Default: the table has one message.
   *
   * With `key: 'key'` and `name: 'consumer'` the table is treated as an inbox, which encodes control characters in
   * keys, and also contains the keys of parked messages.
   */
  readonly name?: keyof DB[Table] & string
  /** The store of parked messages. Default: no message is reported as parked. */
  readonly parked?: ParkedStore
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
}

const rules: OptionRules<KyselyStatusOptions<Schema, string>> = {
  db: required(objectWith('selectFrom', 'transaction')),
  table: nonEmptyString(),
  key: nonEmptyString(),
  name: { ...nonEmptyString(), required: false },
  parked: objectWith('find'),
  clock: isClock,
}

/**
 * Reads the status of a message: `written` if the table has a row with its key, else `parked` if the parked store has
 * an entry, else `accepted`.
 *
 * - A message that was parked, redriven and written is `written`.
 * - A message that was written or parked before the call is never `accepted`. An id that was never sent is `accepted`:
 *   a message in the queue cannot be distinguished from one that never existed.
 * - A key that does not fit the column's type (`abc` for a `uuid`) cannot have been written: such a message is
 * `parked` or `accepted`. Values that are equal in that type are one key, as for the write: `012` and `12` in a
 * `bigint`, a `uuid` in capitals.
 * - Rejects with `SPILLWAY_STATUS_UNAVAILABLE` if the database cannot answer. A lost connection is replaced once; there
 *   is no wait for a database that is saturated or down. The server ends a statement when the caller's time is over.
 *
 * Tested with Postgres and MariaDB. In MySQL and MariaDB the column of the key must contain texts, bytes or integers,
 * and MySQL does not end a read when the caller's time is over. A `sql_mode` with `NO_BACKSLASH_ESCAPES` is refused.
 *
 * @example
 * ```ts
 * import { kyselyParkedStore, kyselyStatus } from '@spillway/kysely'
 * import type { Kysely } from 'kysely'
 *
 * interface Database { orders: { id: string; customer: string } }
 * declare const db: Kysely<Database>
 *
 * const source = kyselyStatus({ db, table: 'orders', key: 'id', parked: kyselyParkedStore({ db }) })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or of the wrong kind.
 */
export function kyselyStatus<DB, Table extends keyof DB & string>(
  options: KyselyStatusOptions<DB, Table>,
): StatusSource {
  checkOptions('kyselyStatus', options, rules)
  const { parked, clock = systemClock } = options
  const { table, key: keyColumn, name: nameColumn }: Columns = options
  const db = options.db as unknown as Kysely<Schema>
  const dialect = dialectOf('kyselyStatus', db)
  const checkSession = dialect.sessionCheck(db, table, 'read')
  const isInbox = keyColumn === 'key' && nameColumn === 'consumer'
  // A target table contains the key as the row mapper returns it.
  const stored = isInbox ? dialect.inbox(table).storedText : (text: string) => text

  async function isWritten(name: string, key: string, limit: TimeLimit): Promise<boolean> {
    const deadline = createDeadline(limit, clock)
    const isText = dialect.keyIsText?.(keyColumn, key)
    const read = async () => {
      try {
        await checkSession(deadline)
        const rows = await dialect.time.withinDeadline(db, deadline, (transaction) =>
          transaction
            .selectFrom(table)
            .select(sql`1`.as('found'))
            .where(keyColumn, '=', stored(key))
            .$if(isText !== undefined, (query) => query.where(isText as Expression<SqlBool>))
            .$if(nameColumn !== undefined, (query) => query.where(String(nameColumn), '=', stored(name)))
            // The inbox also contains parked messages.
            .$if(isInbox, (query) => query.where('parked', 'is', null))
            .limit(1),
        )
        return rows.length > 0
      } catch (error) {
        if (isOfAValue(error)) return false
        throw error
      }
    }
    return readOnce(read, deadline)
  }

  return Object.freeze({
    async find(name: string, key: string, limit: TimeLimit): Promise<MessageStatus> {
      // In this order, because a message may be redriven and written between the two reads. In the other order, neither
      // read would find it.
      const entry = await parked?.find(name, key, limit)
      if (await isWritten(name, key, limit)) return { status: 'written' }
      return entry === undefined
        ? { status: 'accepted' }
        : { status: 'parked', reason: entry.reason, at: entry.at }
    },
  })
}

interface Columns {
  readonly table: string
  readonly key: string
  readonly name?: string
}
