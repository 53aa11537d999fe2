import type { Kysely } from 'kysely'
import type { Engine } from '../dialects/dialect.ts'
import type { Answer, Values } from '../dialects/error-origin.ts'
import type { Deadline } from '../time/deadline.ts'
import {
  type Catalogue,
  type ColumnTypes,
  createCatalogue,
  type Schema,
  type TableFacts,
} from './catalogue.ts'
import type { ConflictRule } from './conflict.ts'
import type { Row } from './row.ts'

/** One table as the writer sees it. */
export interface Table {
  readonly catalogue: Catalogue
  /** The name in the database of a column of the row: Kysely's plugins may change it. */
  columnName(column: string): string
  /** Writes rows that have the same columns with one statement: all of them or none. */
  insert(rows: readonly Row[], facts: TableFacts, deadline: Deadline): Promise<void>
  /** Whether a statement may pass without a row of its own: a conflict column has a collation that is not exact. */
  mayBeTaken(facts: TableFacts): boolean
  /** Which rows of those that passed were not written, for a key that a collation takes for equal to theirs. */
  findTaken(rows: readonly Row[], facts: TableFacts, deadline: Deadline): Promise<ReadonlySet<Row>>
  /** Who caused an error for which rows with the same columns were refused. */
  culprit(error: unknown, rows: readonly Row[], deadline: Deadline): Promise<Answer>
  /** The values of a row by the names that its columns have in the database. */
  valuesOf(row: Row): Values
}

// No table of Postgres has more, and none of MySQL.
const maxColumns = 4_096

/**
 * The table of a writer, its names and statements made through Kysely, so that plugins and schemas apply.
 *
 * @param declare types that take the place of the database's; then nothing is read
 */
export function createTable(
  db: Kysely<Schema>,
  engine: Engine,
  table: string,
  conflict: ConflictRule,
  declare?: (columnName: Table['columnName']) => ColumnTypes,
): Table {
  const { into } = db.insertInto(table).columns(conflict.on).toOperationNode()
  const path = into?.table
  const name = { schema: path?.schema?.name, name: path?.identifier.name ?? table }
  const names = new Map<string, string>()
  const columnName = (column: string) => {
    const known = names.get(column)
    if (known !== undefined) return known
    const name = db.insertInto(table).columns([column]).toOperationNode().columns?.[0]?.column.name ?? column
    // A mapper may take its columns from a body: what is remembered has a bound.
    if (names.size < maxColumns) names.set(column, name)
    return name
  }
  const named = { ...conflict, on: conflict.on.map(columnName) }
  const declared = declare?.(columnName)
  const readFacts = async () =>
    declared === undefined
      ? engine.readFacts(db, name, named)
      : { ...(await engine.readDriver?.(db)), types: declared, declared: true }
  return {
    catalogue: createCatalogue(readFacts),
    columnName,
    insert: (rows, facts, deadline) =>
      engine.insert(rows, { db, table, conflict, facts, deadline, columnName }),
    mayBeTaken: ({ key }) =>
      engine.findTaken !== undefined &&
      conflict.action !== 'fail' &&
      named.on.some((column) => key?.get(column)?.collation !== undefined),
    async findTaken(rows, facts, deadline) {
      const taken = await engine.findTaken?.(rows, { db, table, conflict, facts, deadline, columnName })
      return taken ?? new Set()
    },
    culprit(error, rows, deadline) {
      const columns = new Set(rows[0]?.columns.map(columnName))
      const { on, action } = named
      return engine.culprit(error, { db, into: table, table: name, columns, conflict: on, action, deadline })
    },
    valuesOf: ({ columns, values }) =>
      new Map(columns.map((column, index) => [columnName(column), values[index] ?? null])),
  }
}
