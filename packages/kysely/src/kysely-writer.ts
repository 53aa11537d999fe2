import type { MessageRecord, Outcome, TimeLimit, Writer } from '@spillway/message'
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
import type { Insertable, Kysely } from 'kysely'
import { type Attempt, attempt } from './attempt.ts'
import { type ColumnTypes, type Schema, sameTypes } from './catalogue.ts'
import { createDeadline } from './deadline.ts'
import { isolate, type Suspect, type Verdict } from './isolate.ts'
import { createJudge, ofItsTwin, systemic, tableChanged } from './judge.ts'
import { createRow, groupByColumns, mergeKeys, type Row } from './row.ts'
import { createTable } from './table.ts'

/** The columns that a row has and its table has not. */
type Strangers<Values, Columns> = { readonly [Name in Exclude<keyof Values, keyof Columns>]: never }

/** What {@link kyselyWriter} takes. */
export interface KyselyWriterOptions<
  DB,
  Table extends keyof DB & string,
  Body,
  Values extends Insertable<DB[Table]> = Insertable<DB[Table]>,
> {
  /** A Kysely of Postgres. Its plugins and its `withSchema` apply. See {@link postgresPool} for its pool. */
  readonly db: Kysely<DB>
  /** The table, `schema.table` included. */
  readonly insertInto: Table
  /**
   * Maps a message to a row. Pure: it may run again when the message is delivered again. A column that is
   * `undefined` is left out of the statement, so that its default applies. Objects and arrays are JSON for `json`
   * and `jsonb` columns, and a string is JSON text there; other values travel as node-postgres sends them.
   *
   * A message whose mapper throws is parked with `SPILLWAY_ROW_INVALID`.
   */
  readonly row: (message: MessageRecord<Body>) => Values & Strangers<Values, Insertable<DB[Table]>>
  /**
   * The column or columns of the unique constraint whose conflict means "already written". The row has to give
   * each of them a value.
   */
  readonly conflict: (keyof DB[Table] & string) | readonly (keyof DB[Table] & string)[]
  /** Default: the clock of the machine. */
  readonly clock?: Clock
  /** A number in `[0, 1)`, for jitter. Default `Math.random`. */
  readonly random?: () => number
}

const rules: OptionRules<KyselyWriterOptions<Schema, string, unknown>> = {
  db: required(objectWith('insertInto', 'withoutPlugins')),
  insertInto: nonEmptyString(),
  row: required(isFunction),
  conflict: {
    required: true,
    expected: 'the name of a column, or a list of one or more',
    test: (value) =>
      [value].flat().length > 0 && [value].flat().every((name) => typeof name === 'string' && name),
  },
  clock: objectWith('now', 'sleep'),
  random: isFunction,
}

/**
 * A writer that inserts a batch of messages with one statement, whatever its size, and gives each its own outcome.
 *
 * - A message whose key is in the table already is `done`: a redelivery changes nothing.
 * - A row that the database refuses is found by bisection and parked with its SQLSTATE; its batch-mates are written.
 *   Of records with one key the first is sent; when it is parked, the others are delivered again.
 * - A database that is saturated or down is waited for while time remains; then the batch is retried after 5 to 30
 *   seconds, and twice as long after each further try, up to 15 minutes. An error that may be no record's fault (a
 *   missing table, missing rights) never parks one.
 * - It answers before the limit's time is over. A statement that still runs then is left alone: with a
 *   `statement_timeout` the server ends it too.
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
  Values extends Insertable<DB[Table]> = Insertable<DB[Table]>,
>(options: KyselyWriterOptions<DB, Table, Body, Values>): Writer<Body> {
  checkOptions('kyselyWriter', options, rules)
  const { insertInto, row: map, clock = systemClock, random = Math.random } = options
  const conflict = [options.conflict].flat()
  const table = createTable(options.db as unknown as Kysely<Schema>, insertInto, conflict)

  return async function kyselyWrite(records: readonly MessageRecord<Body>[], limit: TimeLimit) {
    if (records.length === 0) return []
    const outcomes: Outcome[] = new Array(records.length)
    const deadline = createDeadline(limit, clock)
    const judge = createJudge(records.length, random)

    const readTypes = async () => {
      const read = await attempt(() => table.catalogue.read(), deadline, random)
      // A read that hangs must not be what the next invocation waits for.
      if (read.kind === 'late') table.catalogue.forget()
      return read
    }
    // No row was sent with a read: whatever the error, no record is to blame.
    const unread = (read: Exclude<Attempt<ColumnTypes>, { kind: 'ok' }>): Verdict<Suspect> => {
      const verdict = judge(read)
      const blameless =
        verdict.step === 'blame' ? judge({ kind: 'failed', failure: 'systemic', error: read.error }) : verdict
      return { ...blameless, step: 'stop' }
    }
    let verified = false
    const write = async (rows: readonly Row[], types: ColumnTypes) => {
      const result = await attempt(() => table.insert(rows, types), deadline, random)
      const verdict = judge(result)
      if (result.kind !== 'failed') return verdict
      const { failure } = result
      if (failure === 'systemic') table.catalogue.forget()
      if (verdict.step === 'blame' && (failure === 'permanent' || failure === 'systemic') && !verified) {
        // Before a row is blamed: a migration may have changed the types that the values were cast to.
        verified = true
        table.catalogue.forget()
        const read = await readTypes()
        if (read.kind !== 'ok') return unread(read)
        if (!sameTypes(read.value, types)) return tableChanged(random)
      }
      return verdict
    }

    const read = await readTypes()
    if (read.kind !== 'ok') return records.map(unread(read).outcome)
    const types = read.value
    const rows: Row[] = []
    for (const [position, record] of records.entries()) {
      try {
        const result = createRow(record, position, { map, conflict, types, columnName: table.columnName })
        if ('kind' in result) outcomes[position] = result
        else rows.push(result)
      } catch (error) {
        table.catalogue.forget()
        outcomes[position] = systemic(error, record, random)
      }
    }
    await isolate(
      groupByColumns(mergeKeys(rows)),
      (part) => write(part, types),
      (row, outcome) => {
        for (const [place, position] of row.positions.entries()) {
          outcomes[position] = place === 0 ? outcome : ofItsTwin(outcome)
        }
      },
    )
    return outcomes
  }
}
