import {
  type MessageRecord,
  type Outcome,
  retry,
  type TimeLimit,
  toError,
  type Writer,
} from '@spillway/message'
import {
  type Clock,
  checkOptions,
  isClock,
  isFunction,
  isRandom,
  nonEmptyString,
  type OptionRules,
  objectWith,
  oneOf,
  required,
  systemClock,
} from '@spillway/message/internal'
import type { IsolationLevel, Kysely } from 'kysely'
import { dialectOf } from '../dialects/dialects.ts'
import { type Classify, checkClassify } from '../errors/classify-option.ts'
import { defaultInboxTable } from '../inbox/inbox.ts'
import { createAssessor, unsent, untried } from '../isolation/assessor.ts'
import { createHealth, createOutageMemory } from '../isolation/health.ts'
import { isolate, outcomesOf, type Settled } from '../isolation/isolate.ts'
import { attempt } from '../time/attempt.ts'
import { createDeadline } from '../time/deadline.ts'
import { createPace } from '../time/pace.ts'
import { commitParkings } from './commit-parkings.ts'
import {
  type Entry,
  type FingerprintOption,
  fingerprintOf,
  mergeByKey,
  outcomeOfOccurrence,
} from './transaction-entry.ts'
import type { TransactionFunction } from './transaction-function.ts'
import { createTransactionWrite } from './transaction-write.ts'

/** Options of {@link kyselyTransaction}. */
export interface KyselyTransactionOptions<DB, Body> {
  /** A Kysely of Postgres, MySQL or MariaDB. Its plugins apply in `transaction`, not to the inbox. */
  readonly db: Kysely<DB>
  /**
   * Applies the effects of new messages, in the order of their delivery. It returns nothing if all are done, or one
   * outcome for each message.
   *
   * It runs again, with fewer messages or the same ones, whenever its transaction was rolled back; effects outside of
   * the transaction are not undone. If a value depends on a row, compute it in the statement
   * (`set balance = balance + 1`), or read the row `for update`. The function must not swallow errors of `trx`, and
   * must await each statement of `trx`: if one is in flight when it returns, nothing is committed.
   */
  readonly transaction: TransactionFunction<DB, Body>
  /** The table of the inbox, `schema.table` included. Default `spillway_inbox`; see {@link inboxMigration}. */
  readonly inbox?: string
  /**
   * The name under which the inbox stores effects, 1 to 128 characters. Two functions with effects for the same
   * messages need two names: with one name, the second function would find all messages done. After a change of the
   * name, all messages count as new. Default: the name of the message.
   */
  readonly consumer?: string
  /**
   * The value that must be equal for two messages with one key: a function that returns a JSON value, or `false` for no
   * comparison. Default: the whole body, as it was sent. Use a function if the sender adds values that change with each
   * request, such as its time: otherwise a repeated request counts as a conflict.
   */
  readonly fingerprint?: FingerprintOption<Body>
  /**
   * The isolation level of the transaction. With a stricter level than read committed, transactions that conflict are
   * repeated. Default: that of the database.
   */
  readonly isolationLevel?: Extract<IsolationLevel, 'read committed' | 'repeatable read' | 'serializable'>
  /**
   * The treatment of messages whose effects the database refuses with your own codes, for example codes that triggers
   * raise: `{ OR001: 'park', P0001: 'retry' }`; see {@link
   * CodeMeaning}. Default: messages with an unknown code are retried.
   */
  readonly classify?: Classify
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

const rules: OptionRules<KyselyTransactionOptions<unknown, unknown>> = {
  db: required(objectWith('transaction', 'withoutPlugins')),
  transaction: required(isFunction),
  inbox: { ...nonEmptyString(), required: false },
  consumer: { ...nonEmptyString(128), required: false },
  fingerprint: {
    expected: 'a function, or false',
    test: (value) => value === false || typeof value === 'function',
  },
  isolationLevel: oneOf('read committed', 'repeatable read', 'serializable'),
  classify: objectWith(),
  clock: isClock,
  random: isRandom,
}

/**
 * A writer that runs a function over a batch of messages in one transaction, together with an inbox: updates and
 * increments, in any number of tables, take effect exactly once.
 *
 * - The keys are inserted into the inbox first; only messages with a new key reach the function. A redelivery, a
 *   redrive, a crash after COMMIT and a lost answer to COMMIT have no effect, for as long as the inbox keeps its
 *   entries: see {@link sweepInbox}.
 * - A message whose key was used before with another body is parked with `SPILLWAY_KEY_CONFLICT`.
 * - A decision to park a message is committed to the inbox before its copy is sent. If the message is delivered again,
 *   it is parked again without a call of the function. Only the copy resets the key, when it is redriven from the
 *   dead-letter queue.
 * - If the database refuses a message's effects, the batch is halved and run again until that message is isolated. The
 *   message is parked with its SQLSTATE, and its batch-mates are committed. A message with a missing reference (23503)
 *   is parked after its fourth delivery. A batch of `n` is split into `2n - 1` parts at most, usually 1; none begins
 *   after the deadline.
 * - A deadlock or a serialization failure repeats the transaction up to 3 times. The writer waits for a database that
 *   is saturated or down while time remains; then the batch is retried. An error that the database may have caused (a
 *   missing table) parks no message.
 * - If the function throws, nothing is committed. A message that makes it throw is isolated in the same way and
 *   retried, not parked: the next deployment may fix the function. To park a message, return `park()` for it.
 * - If a statement of `trx` is in flight when the function returns, or begins after that, nothing is committed: the
 *   outcome has `SPILLWAY_STATEMENT_NOT_AWAITED`. No statement of `trx` runs outside of its transaction.
 * - If the function uses `db` instead of `trx` and no connection is free, it runs once, and its messages are retried
 *   with `SPILLWAY_CONNECTIONS_BUSY`.
 * - A transaction that takes too long is rolled back, and fewer messages are tried while time remains. The writer
 *   stores the number that fits.
 * - If time runs out, the transaction is rolled back and its messages are retried. Postgres itself ends statements and
 *   waits that continue after that, and abandoned transactions. MariaDB ends the wait for a key; other waits end after
 *   `innodb_lock_wait_timeout`, as all waits do in MySQL.
 * - In MySQL and MariaDB nothing is sent, and the batch is retried, if the `sql_mode` is not strict or has
 *   `NO_BACKSLASH_ESCAPES`, or if the storage engine of the inbox has no transactions.
 *
 * Order: `batch` passes to a writer at most one message of a lane (a FIFO group, a partition key) at a time, and stops
 * the lane if that message is not done. If you call the writer yourself, do the same, because a batch may be split.
 *
 * Cost, in addition to the function's own statements: one insert for the batch (two statements for each 1,000 messages
 * in MySQL), one look-up before COMMIT, and in Postgres one statement that sets the time limits; another transaction if
 * messages are parked; one row in the inbox and two index entries for each message.
 *
 * @example
 * ```ts
 * import { kyselyTransaction } from '@spillway/kysely'
 * import type { MessageRecord } from '@spillway/message'
 * import type { Kysely } from 'kysely'
 *
 * interface Database { accounts: { id: string; balance: number } }
 * declare const db: Kysely<Database>
 *
 * const write = kyselyTransaction({
 *   db,
 *   transaction: async (trx, messages: readonly MessageRecord<{ account: string; amount: number }>[]) => {
 *     for (const { body } of messages) {
 *       await trx
 *         .updateTable('accounts')
 *         .set((eb) => ({ balance: eb('balance', '+', body.amount) }))
 *         .where('id', '=', body.account)
 *         .execute()
 *     }
 *   },
 * })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or of the wrong kind.
 */
export function kyselyTransaction<DB, Body>(options: KyselyTransactionOptions<DB, Body>): Writer<Body> {
  checkOptions('kyselyTransaction', options, rules)
  checkClassify('kyselyTransaction', options.classify)
  const { db, transaction, consumer, fingerprint, isolationLevel } = options
  const { inbox: table = defaultInboxTable, clock = systemClock, random = Math.random } = options
  const dialect = dialectOf('kyselyTransaction', db)
  const inbox = dialect.inbox(table)
  const checkSession = dialect.sessionCheck(db, table, 'write')
  // One for each environment: concurrent batches share it.
  const pace = createPace()
  const memory = createOutageMemory(clock)

  return async function kyselyTransact(records: readonly MessageRecord<Body>[], limit: TimeLimit) {
    const deadline = createDeadline(limit, clock)
    const health = createHealth(memory)
    const checked = await attempt(() => checkSession(deadline), deadline, random)
    if (checked.kind !== 'ok') {
      const assess = createAssessor(records.length, health, { target: { table } })
      return records.map(unsent(assess, health, checked).outcome)
    }
    const outcomes: Outcome[] = new Array(records.length)
    const entries: Entry<Body>[] = []
    for (const [position, message] of records.entries()) {
      try {
        const print = fingerprintOf(message, fingerprint)
        const { name, key, receiveCount, redriveOf } = message
        const occurrences = [{ position, fingerprint: print }]
        const own = { consumer: consumer ?? name, key, fingerprint: print, redriveOf }
        entries.push({ ...own, message, receiveCount, occurrences })
      } catch (thrown) {
        outcomes[position] = retry({ cause: toError(thrown) })
      }
    }
    const merged = mergeByKey(entries)
    const known = new Set<Entry<Body>>()
    const context = { db, dialect, inbox, transaction, isolationLevel, deadline, known }
    const verdicts = new Map<Entry<Body>, Settled<Entry<Body>>>()
    await isolate(
      [...Map.groupBy(merged, (entry) => entry.consumer).values()],
      createTransactionWrite({ ...context, health, pace }, merged.length, random, options.classify),
      (entry, assessment) => void verdicts.set(entry, assessment),
      {
        statements: Number.POSITIVE_INFINITY,
        spent: untried,
        most: () => pace.most(deadline.left()),
        random,
      },
    )
    health.end()
    const settled = outcomesOf(verdicts)
    for (const [entry, outcome] of await commitParkings(context, settled, random)) {
      for (const [place, occurrence] of entry.occurrences.entries()) {
        outcomes[occurrence.position] =
          place === 0 ? outcome : outcomeOfOccurrence(entry, occurrence, outcome)
      }
    }
    return outcomes
  }
}
