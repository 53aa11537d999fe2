import type { Kysely } from 'kysely'
import type { ConflictRule } from '../dialects/conflict-rule.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { Answer, Values } from '../dialects/error-origin.ts'
import type { Row, Schema, TableFacts } from '../dialects/table.ts'
import type { Deadline } from '../time/deadline.ts'
import { type Catalogue, createCatalogue } from './catalogue.ts'

/** A table of the writer. */
export interface Table {
  readonly catalogue: Catalogue
  /** The name of a column in the database: Kysely's plugins may change it. */
  columnName(column: string): string
  /** Writes rows that have the same columns with one statement: all of them or none. */
  insert(rows: readonly Row[], facts: TableFacts, deadline: Deadline): Promise<void>
  /**
   * Whether a statement may succeed without writing one of its rows, because a conflict column has an inexact
   * collation.
   */
  mayBeTaken(facts: TableFacts): boolean
  /** Finds the rows of a successful statement that were not written, because another key is equal by collation. */
  findTaken(rows: readonly Row[], facts: TableFacts, deadline: Deadline): Promise<ReadonlySet<Row>>
  /** Finds the cause of an error for which rows with the same columns were refused. */
  errorOrigin(error: unknown, rows: readonly Row[], deadline: Deadline): Promise<Answer>
  /** The values of a row by the names that its columns have in the database. */
  valuesOf(row: Row): Values
}

// More than a table of Postgres or MySQL can have.
const maxColumns = 4_096

/**
 * Creates the table of a writer. Kysely makes its names and statements, so that plugins and schemas apply.
 *
 * @param types the types of the columns as the user declared them, instead of those of the database
 */
export function createTable(
  db: Kysely<Schema>,
  dialect: Dialect,
  table: string,
  conflict: ConflictRule,
  types?: Readonly<Record<string, string>>,
): Table {
  const { insert } = dialect
  const { into } = db.insertInto(table).columns(conflict.on).toOperationNode()
  const path = into?.table
  const name = { schema: path?.schema?.name, name: path?.identifier.name ?? table }
  const names = new Map<string, string>()
  const columnName = (column: string) => {
    const known = names.get(column)
    if (known !== undefined) return known
    const name = db.insertInto(table).columns([column]).toOperationNode().columns?.[0]?.column.name ?? column
    // The cache is bounded, because a mapper may take its columns from a body.
    if (names.size < maxColumns) names.set(column, name)
    return name
  }
  const named = { ...conflict, on: conflict.on.map(columnName) }
  // Computed once, because a plugin may give a column another name each time.
  const declared = types && new Map(Object.entries(types).map(([column, type]) => [columnName(column), type]))
  const readFacts = () =>
    declared === undefined || insert.declareFacts === undefined
      ? insert.readFacts(db, name, named)
      : insert.declareFacts(db, declared)
  return {
    catalogue: createCatalogue(readFacts),
    columnName,
    insert: (rows, facts, deadline) =>
      insert.insert(rows, { db, table, conflict, facts, deadline, columnName }),
    mayBeTaken: ({ key }) =>
      insert.findTaken !== undefined &&
      conflict.action !== 'fail' &&
      named.on.some((column) => key?.get(column)?.collation !== undefined),
    async findTaken(rows, facts, deadline) {
      const taken = await insert.findTaken?.(rows, { db, table, conflict, facts, deadline, columnName })
      return taken ?? new Set()
    },
    errorOrigin(error, rows, deadline) {
      const columns = new Set(rows[0]?.columns.map(columnName))
      const { on, action } = named
      return dialect.errorOrigin(error, {
        db,
        into: table,
        table: name,
        columns,
        conflict: on,
        action,
        deadline,
      })
    },
    valuesOf: ({ columns, values }) =>
      new Map(columns.map((column, index) => [columnName(column), values[index] ?? null])),
  }
}
