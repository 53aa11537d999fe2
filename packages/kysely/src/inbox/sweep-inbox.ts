import {
  checkOptions,
  integer,
  nonEmptyString,
  type OptionRules,
  objectWith,
  required,
} from '@spillway/message/internal'
import type { Kysely } from 'kysely'
import { dialectOf } from '../dialects/dialects.ts'
import { classifyError } from '../errors/classify-error.ts'
import { writeError } from '../errors/describe-error.ts'
import { defaultInboxTable } from './inbox.ts'

/** Options of {@link sweepInbox}. */
export interface SweepInboxOptions<DB> {
  /** The database of the inbox. Its plugins do not apply. */
  readonly db: Kysely<DB>
  /** The table, `schema.table` included. Default `spillway_inbox`. */
  readonly inbox?: string
  /**
   * Days for which an entry is kept. Default 30.
   *
   * A message may be delivered for as long as the queue keeps it (Amazon SQS: 4 days by default), then from the
   * dead-letter queue (14 days), and then from the queue again after a redrive, which restarts its retention (4 days):
   * 22 days, plus the time in which clients repeat a request. If its entry is deleted before that, a message can have a
   * second effect.
   */
  readonly olderThanDays?: number
  /** Entries that one statement deletes. Default 1,000, so that locks are held for a few milliseconds. */
  readonly batchSize?: number
  /** Ends the sweep between two statements; the next sweep continues. */
  readonly signal?: AbortSignal
}

const rules: OptionRules<SweepInboxOptions<unknown>> = {
  db: required(objectWith('withoutPlugins')),
  inbox: { ...nonEmptyString(), required: false },
  olderThanDays: integer(1, 3_650),
  batchSize: integer(1, 100_000),
  signal: objectWith('addEventListener'),
}

const secondsPerDay = 86_400

/**
 * Deletes the entries of an inbox that are older than any redelivery, in small statements, and returns their number.
 * For a scheduled job; sweeps may overlap.
 *
 * The age is computed by the database's clock, which also sets the time of each entry.
 *
 * @example
 * ```ts
 * import { sweepInbox } from '@spillway/kysely'
 * import type { Kysely } from 'kysely'
 *
 * declare const db: Kysely<{ accounts: { id: string; balance: number } }>
 *
 * export const handler = () => sweepInbox({ db })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or out of range. Rejects with
 * `SPILLWAY_TABLE_UNKNOWN`, `SPILLWAY_DATABASE_UNAVAILABLE` or `SPILLWAY_WRITE_FAILED`; deleted entries stay deleted.
 */
export async function sweepInbox<DB>(options: SweepInboxOptions<DB>): Promise<number> {
  checkOptions('sweepInbox', options, rules)
  const { inbox = defaultInboxTable, olderThanDays = 30, batchSize = 1_000, signal } = options
  const db = options.db.withoutPlugins()
  const { tables } = dialectOf('sweepInbox', db)
  const statement = tables.sweepInbox(inbox, olderThanDays * secondsPerDay, batchSize)
  let swept = 0
  while (!signal?.aborted) {
    const { numAffectedRows = 0n } = await statement.execute(db).catch((error: unknown) => {
      throw writeError(classifyError(error), error, { table: inbox })
    })
    swept += Number(numAffectedRows)
    if (numAffectedRows < batchSize) break
  }
  return swept
}
