import { type MessageRecord, SpillwayError } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  integer,
  isClock,
  isFunction,
  isRandom,
  nonEmptyString,
  type OptionRules,
  objectWith,
  required,
} from '@spillway/message/internal'
import type { Insertable, Kysely } from 'kysely'
import type { ConflictRule } from '../dialects/conflict-rule.ts'
import type { InsertDialect } from '../dialects/dialect.ts'
import type { Schema } from '../dialects/table.ts'
import { type Classify, checkClassify } from '../errors/classify-option.ts'
import { checkConflict, expectedConflict, isConflict } from './check-conflict.ts'
import type { Conflict } from './conflict.ts'
import type { FitsTable, RowShape } from './row-type.ts'

/** Options of `kyselyWriter`. */
export interface KyselyWriterOptions<
  DB,
  Table extends keyof DB & string,
  Body,
  Values extends RowShape<DB[Table]> = Insertable<DB[Table]>,
> {
  /**
   * A Kysely of Postgres (PGlite included), MySQL or MariaDB. Its plugins and its `withSchema` apply. See
   * `postgresPool` for its pool.
   */
  readonly db: Kysely<DB>
  /** The table, `schema.table` included. */
  readonly insertInto: Table
  /**
   * Maps a message to a row. It must be pure: it may run again when the message is delivered again. A column that is
   * `undefined` is omitted from the statement, so that its default applies. Objects and arrays are JSON for `json` and
   * `jsonb` columns, where a string is JSON text; other values are stored as by a plain insert of node-postgres. In
   * MySQL objects and arrays are JSON for every column, and booleans are 0 and 1.
   *
   * Literals keep their types, so that an enum column accepts them. A row that the table does not accept is a compile
   * error that describes the problem: `The table "orders" has no column "custmer".`
   *
   * A message whose mapper throws is parked with `SPILLWAY_ROW_INVALID`: the reason contains the name of the error, the
   * log the error itself. The mapper must not be asynchronous.
   */
  readonly row: (message: MessageRecord<Body>) => Values & FitsTable<Values, DB[Table], Table>
  /**
   * The column or columns of the unique constraint whose conflict means "already written", and the action for a
   * conflict: none, unless the long form sets one; see {@link Conflict}. The row must have a value for each of these
   * columns.
   */
  readonly conflict: Conflict<DB[Table]>
  /**
   * The Postgres type of each column that the mapper returns, in lower case and without a length: `uuid`, `text[]`.
   * Default: read from the database's catalogue, once for each writer, and again after an error that a migration may
   * explain.
   *
   * Use it for a role that may not read the catalogue, or to save the read. You then have to keep the types correct:
   * with a wrong type, statements fail, and rows may be parked that the column would accept. It does not support
   * composite types and domains over arrays. The time-outs of the session are not read either, so each statement sets
   * its own.
   */
  readonly types?: { readonly [Column in keyof DB[Table] & string]?: string }
  /**
   * The maximum number of rows of a statement, and so of a transaction, 1 to 1,000,000. Default: as many as the server
   * accepts; in Postgres the whole batch. For a server with its own limit: Aurora DSQL changes at most 3,000 rows in a
   * transaction (Aurora DSQL User Guide, "Cluster quotas and database limits"), not counting secondary indexes.
   */
  readonly rowsPerStatement?: number
  /**
   * The treatment of records that the database refuses with your own codes, for example codes that triggers raise:
   * `{ OR001: 'park', P0001: 'retry', MYSQL_31001: 'unavailable' }`; see {@link CodeMeaning}. It applies to an isolated
   * record: its batch-mates are written. Default: records with an unknown code are retried, never parked;
   * `docs/kysely.md` lists the known codes.
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

const typeName = /^[a-z_][\w$]*(?: [a-z_]+)*(?:\.[a-z_][\w$]*)?(?:\[\])?$/

/** Whether a value is an object of names of Postgres types, by column. */
function areTypes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const names = Object.values(value)
  return names.length > 0 && names.every((name) => typeof name === 'string' && typeName.test(name))
}

const expectedTypes =
  "the type of each column by its name, in lower case and without a length, as in { id: 'uuid', tags: 'text[]' }"

const rules: OptionRules<KyselyWriterOptions<Schema, string, unknown>> = {
  db: required(objectWith('insertInto', 'withoutPlugins')),
  insertInto: nonEmptyString(),
  row: required(isFunction),
  conflict: { required: true, expected: expectedConflict, test: isConflict },
  types: { expected: expectedTypes, test: areTypes },
  rowsPerStatement: integer(1, 1_000_000),
  classify: objectWith(),
  clock: isClock,
  random: isRandom,
}

/**
 * Checks the options of `kyselyWriter`.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or of the wrong kind
 */
export function checkWriterOptions(options: object): void {
  checkOptions('kyselyWriter', options, rules)
  const { conflict, classify } = options as { readonly conflict?: unknown; readonly classify?: unknown }
  checkConflict('kyselyWriter', conflict)
  checkClassify('kyselyWriter', classify)
}

/**
 * Refuses options that the database does not support: only Postgres has partial indexes as conflict targets, named
 * constraints and declared types.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`
 */
export function checkDialectOptions(
  { declareFacts, hasConflictTargets }: InsertDialect,
  { where, constraint }: ConflictRule,
  types: object | undefined,
): void {
  const refused = (option: string, why: string) =>
    new SpillwayError('SPILLWAY_OPTION_INVALID', `kyselyWriter: the option \`${option}\` ${why}.`)
  if (types !== undefined && declareFacts === undefined) throw refused('types', 'is for Postgres')
  if (hasConflictTargets || (where === undefined && constraint === undefined)) return
  const option = constraint === undefined ? 'conflict.where' : 'conflict.constraint'
  throw refused(option, 'is not for this database; name the columns alone')
}
