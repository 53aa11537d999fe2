import { type MessageRecord, type Outcome, retry, type TimeLimit, type Writer } from '@spillway/message'
import { systemClock } from '@spillway/message/internal'
import type { Insertable, Kysely } from 'kysely'
import { slices } from '../dialects/chunks.ts'
import { dialectOf } from '../dialects/dialects.ts'
import type { Row, Schema } from '../dialects/table.ts'
import { createAssessor, duplicateOutcome, unsent, untried } from '../isolation/assessor.ts'
import { createHealth, createOutageMemory } from '../isolation/health.ts'
import { isolate, outcomesOf, type Settled } from '../isolation/isolate.ts'
import { createDeadline } from '../time/deadline.ts'
import { createPace } from '../time/pace.ts'
import { type Conflict, toConflictRule } from './conflict.ts'
import { groupRows } from './group-rows.ts'
import { parkUnlessWritten } from './is-written.ts'
import { createRecordsMapper } from './map-records.ts'
import type { RowShape } from './row-type.ts'
import { createTable } from './table.ts'
import { settleTaken } from './taken-key.ts'
import { createRowsWrite, readFacts } from './write-rows.ts'
import { checkDialectOptions, checkWriterOptions, type KyselyWriterOptions } from './writer-options.ts'

/** About a second of database time for a batch; enough to find 50 refused rows among 1,000. */
const mostStatements = 1_000

/**
 * Creates a writer that inserts a batch of messages with one statement, and returns an outcome for each message. In
 * Postgres one statement holds a batch of any size; in MySQL and MariaDB as much as the limits of the server allow.
 * Rows with different columns need a statement for each set of columns.
 *
 * - A message whose key is already in the table is `done`: a redelivery changes nothing, even if a new constraint
 * would refuse its row.
 * - A message whose key equals another key only by the collation of the column (`abc` and `ABC`) is parked as a
 * duplicate: the table cannot hold both.
 * - A row that the database refuses for one of its values is found by bisection and parked with its SQLSTATE; its
 *   batch-mates are written. A failure that the database itself causes, for example by a sequence or by a column that
 *   the row omits, parks nothing: it is retried as `SPILLWAY_DATABASE_FAULT`. Of records with one key, only the first
 *   is sent; if it is parked, the others are delivered again.
 * - The writer waits for a database that is saturated or down while time remains. Errors that no record causes never
 *   park a record: a full disk, a lock, a missing table, missing rights. If such an error hits the whole batch, the
 *   batch is retried as `unavailable`, so that `batch` waits and the breaker counts it. The back-off of `batch`
 *   determines when a record is delivered again.
 * - The writer returns before the time limit is over, and no statement runs much longer: Postgres and MariaDB end it,
 *   and the connection is free again. At the next delivery the key shows whether an abandoned statement took effect.
 *   With a {@link postgresPool} the time limits are sent with the statement. Another pool of Postgres needs one round
 *   trip before and one after the statement; neither is needed if the session has a `statement_timeout` that ends in
 *   time. MySQL has no limit for a statement that writes: set `innodb_lock_wait_timeout` (50 s by default) below the
 *   function's time-out.
 * - After the first slow statement, a slow database gets smaller ones: the writer stores how many rows fit. Each batch
 *   writes as many rows as time allows, and the rest is retried.
 * - The search for refused rows takes about two statements times log2 of the batch size for each refused row, tries
 *   redelivered rows first, and ends after 1,000 statements: rows that were not tried are delivered again. While the
 *   database refuses all rows with errors that no row causes, the search runs once a minute; each try in between takes
 *   two statements.
 *
 * @example
 * ```ts
 * import { kyselyWriter } from '@spillway/kysely'
 * import type { MessageRecord } from '@spillway/message'
 * import type { Kysely } from 'kysely'
 *
 * interface Database { orders: { id: string; customer: string } }
 * declare const db: Kysely<Database>
 *
 * const write = kyselyWriter({
 *   db,
 *   insertInto: 'orders',
 *   row: ({ key, body }: MessageRecord<{ customer: string }>) => ({ id: key, customer: body.customer }),
 *   conflict: 'id',
 * })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or of the wrong kind.
 */
export function kyselyWriter<
  DB,
  Table extends keyof DB & string,
  Body,
  const Values extends RowShape<DB[Table]> = Insertable<DB[Table]>,
>(options: KyselyWriterOptions<DB, Table, Body, Values>): Writer<Body> {
  checkWriterOptions(options)
  const { insertInto: name, row: map, classify, clock = systemClock, random = Math.random } = options
  const { rowsPerStatement = Number.POSITIVE_INFINITY } = options
  const db = options.db as unknown as Kysely<Schema>
  const conflict = toConflictRule(options.conflict as Conflict<Record<string, unknown>>)
  const dialect = dialectOf('kyselyWriter', options.db)
  const { insert } = dialect
  const types = options.types as Readonly<Record<string, string>> | undefined
  checkDialectOptions(insert, conflict, types)
  const table = createTable(db, dialect, name, conflict, types)
  const { columnName } = table
  const isDeclared = types !== undefined
  const mapRecords = createRecordsMapper<Body>({ table, name, insert, conflict, isDeclared, map })
  const target = { table: name, conflict: conflict.on }
  // One for each environment: concurrent batches share it.
  const pace = createPace()
  const memory = createOutageMemory(clock)

  return async function kyselyWrite(records: readonly MessageRecord<Body>[], limit: TimeLimit) {
    if (records.length === 0) return []
    const deadline = createDeadline(limit, clock)
    const health = createHealth(memory)
    const assess = createAssessor(records.length, health, { target, classify })
    const read = await readFacts(table.catalogue, deadline, random)
    if (read.kind !== 'ok') return records.map(unsent(assess, health, read).outcome)
    const facts = read.value
    const outcomes: Outcome[] = new Array(records.length)
    const { rows, unmapped } = mapRecords(records, facts, outcomes)
    const verdicts = new Map<Row, Settled<Row>>()
    const groups = groupRows(rows, conflict.action)
    await isolate(
      groups.flatMap((group) => insert.chunk(group, facts).flatMap((rows) => slices(rows, rowsPerStatement))),
      createRowsWrite({ table, name, deadline, assess, health, pace, random }, facts),
      (row, assessment) => void verdicts.set(row, assessment),
      { statements: mostStatements, spent: untried, most: () => pace.most(deadline.left()), random },
    )
    health.end()
    const settled = outcomesOf(verdicts)
    await settleTaken(settled, { code: insert.duplicateCode, table, on: conflict.on, facts }, deadline)
    const place = { db, table: name, dialect, conflict, facts, columnName }
    for (const [row, outcome] of settled) {
      const final = outcome.kind === 'park' ? await parkUnlessWritten(row, outcome, place, deadline) : outcome
      for (const [index, position] of row.positions.entries()) {
        outcomes[position] = index === 0 ? final : duplicateOutcome(final)
      }
    }
    for (const [position, cause] of unmapped) {
      // A mapper may take its columns from a body, so the cause is not known for a single record.
      outcomes[position] = records.length > 1 ? health.notAtFault(cause) : retry({ cause })
    }
    return outcomes
  }
}
