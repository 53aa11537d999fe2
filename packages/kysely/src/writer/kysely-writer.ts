import {
  done,
  type MessageRecord,
  type Outcome,
  retry,
  SpillwayError,
  type TimeLimit,
  type Writer,
} from '@spillway/message'
import {
  type Clock,
  checkOptions,
  integer,
  isFunction,
  nonEmptyString,
  type OptionRules,
  objectWith,
  required,
  systemClock,
} from '@spillway/message/internal'
import type { Insertable, Kysely } from 'kysely'
import { engineNamed } from '../engines/engine.ts'
import { type EngineName, engineOf } from '../engines/engine-name.ts'
import { slices } from '../engines/slices.ts'
import { type Classify, checkClassify } from '../errors/classify-option.ts'
import { writeError } from '../errors/describe-error.ts'
import { isolate } from '../isolation/isolate.ts'
import {
  createJudge,
  holdTogether,
  ofItsTwin,
  systemic,
  tableChanged,
  unsent,
  untried,
} from '../isolation/judge.ts'
import { type Attempt, attempt } from '../time/attempt.ts'
import { createDeadline, type Deadline } from '../time/deadline.ts'
import { readOnce } from '../time/read-once.ts'
import { createAccuser } from './accuse.ts'
import { type Schema, sameTable, type TableFacts } from './catalogue.ts'
import { checkConflict, expectedConflict, isConflict } from './check-conflict.ts'
import { type Conflict, type ConflictRule, toConflictRule } from './conflict.ts'
import { areTypes, declaredTypes, expectedTypes } from './declared-types.ts'
import { groupByColumns, groupInOrder, mergeKeys, sortByKey } from './group-rows.ts'
import { isWritten } from './is-written.ts'
import { createRowMapper, type Row } from './row.ts'
import type { FitsTable, RowShape } from './row-type.ts'
import { createTable } from './table.ts'
import { parkTaken } from './taken-key.ts'

/** What {@link kyselyWriter} takes. */
export interface KyselyWriterOptions<
  DB,
  Table extends keyof DB & string,
  Body,
  Values extends RowShape<DB[Table]> = Insertable<DB[Table]>,
> {
  /**
   * A Kysely of Postgres (PGlite included), MySQL, MariaDB or SQLite. Its plugins and its `withSchema` apply. See
   * {@link postgresPool} for its pool.
   */
  readonly db: Kysely<DB>
  /** The table, `schema.table` included. */
  readonly insertInto: Table
  /**
   * Maps a message to a row. Pure: it may run again when the message is delivered again. A column that is
   * `undefined` is left out of the statement, so that its default applies. Objects and arrays are JSON for `json`
   * and `jsonb` columns, and a string is JSON text there; of any other value the table has what a plain insert by
   * node-postgres stores. To MySQL and SQLite objects and arrays travel as JSON whatever the column, and booleans as 0 and 1.
   *
   * Literals keep their types, so that a column that is an enum takes them. A row that its table does not take is an error
   * of the compiler that says what is wrong: `The table "orders" has no column "custmer".`
   *
   * A message whose mapper throws is parked with `SPILLWAY_ROW_INVALID`: the reason has the name of the error, the log the
   * error itself. It must not be asynchronous.
   */
  readonly row: (message: MessageRecord<Body>) => Values & FitsTable<Values, DB[Table], Table>
  /**
   * The column or columns of the unique constraint whose conflict means "already written", and what is done then:
   * nothing, unless the long form says otherwise; see {@link Conflict}. The row has to give each of them a value.
   */
  readonly conflict: Conflict<DB[Table]>
  /**
   * The Postgres type of each column that the mapper gives, in lower case and without a length: `uuid`, `text[]`. Default:
   * read from the database's catalogue, once for each writer and again after an error that a migration may explain.
   *
   * For a role that may not read the catalogue, or to spare the read. It is then for you to keep them right: with a type
   * that is not the column's, statements fail, and rows may be refused and parked that the column would have held. Not for
   * composite types, nor for domains over arrays. The time-outs of the session are not read either: each statement sets
   * its own.
   */
  readonly types?: { readonly [Column in keyof DB[Table] & string]?: string }
  /**
   * The most rows of a statement, and so of a transaction, 1 to 1,000,000. Default: what the server takes; in Postgres the
   * whole batch. For a server with a limit of its own: Aurora DSQL changes at most 3,000 rows in a transaction (Aurora
   * DSQL User Guide, "Cluster quotas and database limits"), those of secondary indexes not counted.
   */
  readonly rowsPerStatement?: number
  /**
   * What becomes of records that the database refuses with codes of your own, those that triggers raise for example:
   * `{ OR001: 'park', P0001: 'retry', MYSQL_31001: 'unavailable' }`; see {@link CodeMeaning}. A record is judged once it is
   * alone: its batch-mates are written. Default: a code that the writer does not know is retried, never parked; `docs/kysely.md`
   * lists those that it knows.
   */
  readonly classify?: Classify
  /** Default: the clock of the machine. */
  readonly clock?: Clock
  /** A number in `[0, 1)`, for jitter. Default `Math.random`. */
  readonly random?: () => number
}

const rules: OptionRules<KyselyWriterOptions<Schema, string, unknown>> = {
  db: required(objectWith('insertInto', 'withoutPlugins')),
  insertInto: nonEmptyString(),
  row: required(isFunction),
  conflict: { required: true, expected: expectedConflict, test: isConflict },
  types: { expected: expectedTypes, test: areTypes },
  rowsPerStatement: integer(1, 1_000_000),
  classify: objectWith(),
  clock: objectWith('now', 'sleep'),
  random: isFunction,
}

/** Only Postgres and SQLite have partial indexes, and only Postgres names a constraint. */
function assertTarget({ where, constraint }: ConflictRule, engine: EngineName): void {
  if ((where === undefined || engine !== 'mysql') && (constraint === undefined || engine === 'postgres')) {
    return
  }
  const option = constraint === undefined ? 'conflict.where' : 'conflict.constraint'
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `kyselyWriter: the option \`${option}\` is not for this database; name the columns alone.`,
  )
}

/** The rows of each statement, by what is done about a conflict. */
const groupings: Readonly<
  Record<ConflictRule['action'], (sorted: readonly Row[]) => readonly (readonly Row[])[]>
> = {
  nothing: (sorted) => groupByColumns(mergeKeys(sorted)),
  update: groupInOrder,
  fail: groupByColumns,
}

/** About a second of the database's time for a batch; enough to find 50 refused rows of 1,000. */
const mostStatements = 1_000

/**
 * A writer that inserts a batch of messages with one statement and gives each its own outcome. In Postgres one statement
 * holds a batch of any size; in MySQL, MariaDB and SQLite as much as the server's limits allow. Rows that give different
 * columns need a statement for each set of columns.
 *
 * - A message whose key is in the table already is `done`: a redelivery changes nothing, though a constraint that came
 *   since would refuse its row.
 * - A message whose key equals another's only by the collation of its column (`abc` and `ABC`) is parked as a duplicate:
 *   the table cannot hold both.
 * - A row that the database refuses for a value that it gave is found by bisection and parked with its SQLSTATE; its
 *   batch-mates are written. What the database itself fails for, a sequence or a column that the row leaves out for
 *   example, parks nothing: it is retried as `SPILLWAY_DATABASE_FAULT`.
 *   Of records with one key the first is sent; when it is parked, the others are delivered again.
 * - A database that is saturated or down is waited for while time remains; then the batch is retried after 5 to 30
 *   seconds, and twice as long after each further try, up to 15 minutes. An error that may be no record's fault (a
 *   missing table, missing rights) never parks one.
 * - It answers before the limit's time is over, and no statement outlives it by much: Postgres and MariaDB end it, and
 *   the connection is free again. Whatever became of a statement that was given up, the key decides at the next delivery.
 *   From a {@link postgresPool} its limits travel with the statement. From another pool of Postgres they take one round
 *   trip before it and one after it; none where the session has a `statement_timeout` that ends in time. MySQL has no
 *   limit for a statement that writes: set `innodb_lock_wait_timeout` (50 s by default) below the function's time-out.
 * - The search for refused rows takes about two statements times log2 of the batch for each, rows that were delivered
 *   before first, and ends after 1,000 statements: what was not tried by then is delivered again.
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
  checkOptions('kyselyWriter', options, rules)
  checkConflict('kyselyWriter', options.conflict)
  checkClassify('kyselyWriter', options.classify)
  const { insertInto, row: map, classify, clock = systemClock, random = Math.random } = options
  const { rowsPerStatement = Number.POSITIVE_INFINITY } = options
  const conflict = toConflictRule(options.conflict as Conflict<Record<string, unknown>>)
  const target = { table: insertInto, conflict: conflict.on }
  const name = engineOf('kyselyWriter', options.db)
  const engine = engineNamed(name)
  assertTarget(conflict, name)
  const types = options.types as Readonly<Record<string, string>> | undefined
  const declare =
    types && ((columnName: (column: string) => string) => declaredTypes(types, name, columnName))
  const table = createTable(options.db as unknown as Kysely<Schema>, engine, insertInto, conflict, declare)

  let mapper:
    | { readonly facts: TableFacts; readonly toRow: ReturnType<typeof createRowMapper<Body>> }
    | undefined
  /** What it knows of the columns holds for as long as what is known of the table. */
  function mapperFor(facts: TableFacts) {
    if (mapper?.facts !== facts) {
      const toRow = createRowMapper({
        table: insertInto,
        isDeclared: declare !== undefined,
        map,
        conflict: conflict.on,
        version: conflict.version,
        where: conflict.where,
        types: facts.types,
        // A duplicate is parked all the same.
        key: conflict.action === 'fail' ? undefined : facts.key,
        columnName: table.columnName,
        encode: (value, type) => engine.encode(value, type, facts),
      })
      mapper = { facts, toRow }
    }
    return mapper.toRow
  }

  /** What an earlier delivery wrote is done, though the table would refuse it now. */
  async function parkUnlessWritten(
    row: Row,
    parked: Outcome,
    facts: TableFacts,
    deadline: Deadline,
  ): Promise<Outcome> {
    if (conflict.action !== 'nothing') return parked
    try {
      const db = options.db as unknown as Kysely<Schema>
      const place = { db, table: insertInto, engine, conflict, facts, columnName: table.columnName }
      return (await isWritten(row, place, deadline)) ? done() : parked
    } catch (cause) {
      return retry({ cause })
    }
  }

  /** Rows that the database left out for a key that is not theirs. */
  async function settleTaken(
    settled: Map<Row, Outcome>,
    facts: TableFacts,
    deadline: Deadline,
  ): Promise<void> {
    const passed = [...settled].flatMap(([row, { kind }]) => (kind === 'done' ? [row] : []))
    if (passed.length === 0 || !table.mayBeTaken(facts)) return
    try {
      const taken = await readOnce(() => table.findTaken(passed, facts, deadline), deadline)
      const outcome = parkTaken(name, conflict.on.map(table.columnName), facts)
      for (const row of taken) settled.set(row, outcome)
    } catch (cause) {
      for (const row of passed) settled.set(row, retry({ cause }))
    }
  }

  return async function kyselyWrite(records: readonly MessageRecord<Body>[], limit: TimeLimit) {
    if (records.length === 0) return []
    const outcomes: Outcome[] = new Array(records.length)
    const deadline = createDeadline(limit, clock)
    const judge = createJudge(records.length, random, { target, classify })
    const accuse = createAccuser(table, deadline)

    const readFacts = async (): Promise<Attempt<TableFacts>> => {
      const { known } = table.catalogue
      if (known !== undefined) return { kind: 'ok', value: known }
      const read = await attempt(() => table.catalogue.read(), deadline, random)
      // A read that hangs must not be what the next invocation waits for.
      if (read.kind === 'late') table.catalogue.forget()
      return read
    }
    let verified = false
    const write = async (rows: readonly Row[], facts: TableFacts) => {
      const ended = await attempt(() => table.insert(rows, facts, deadline), deadline, random)
      const result = await accuse(ended, rows)
      const verdict = judge(result)
      if (result.kind !== 'failed') return verdict
      const { failure } = result
      if (failure === 'systemic' || failure === 'fault') table.catalogue.forget()
      if (verdict.step === 'blame' && (failure === 'permanent' || failure === 'systemic') && !verified) {
        // Before a row is blamed: a migration may have changed the types that the values were cast to.
        verified = true
        table.catalogue.forget()
        const read = await readFacts()
        if (read.kind !== 'ok') return unsent(judge, read)
        if (!sameTable(read.value, facts)) return tableChanged(insertInto, random)
      }
      return verdict
    }

    const read = await readFacts()
    if (read.kind !== 'ok') return records.map(unsent(judge, read).outcome)
    const facts = read.value
    const rows: Row[] = []
    const toRow = mapperFor(facts)
    for (const [position, record] of records.entries()) {
      try {
        const result = toRow(record, position)
        if ('kind' in result) outcomes[position] = result
        else rows.push(result)
      } catch (error) {
        table.catalogue.forget()
        outcomes[position] = systemic(writeError('systemic', error, target), record, random)
      }
    }
    const sorted = sortByKey(rows)
    const settled = new Map<Row, Outcome>()
    await isolate(
      groupings[conflict.action](sorted).flatMap((group) =>
        engine.chunk(group, facts).flatMap((rows) => slices(rows, rowsPerStatement)),
      ),
      (part) => write(part, facts),
      (row, outcome) => void settled.set(row, outcome),
      { statements: mostStatements, spent: (row) => untried(row, random) },
    )
    await settleTaken(settled, facts, deadline)
    for (const [row, outcome] of settled) {
      const final = outcome.kind === 'park' ? await parkUnlessWritten(row, outcome, facts, deadline) : outcome
      for (const [place, position] of row.positions.entries()) {
        outcomes[position] = place === 0 ? final : ofItsTwin(final)
      }
    }
    return holdTogether(outcomes)
  }
}
