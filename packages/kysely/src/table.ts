import { type Kysely, sql } from 'kysely'
import { type Catalogue, type ColumnTypes, createCatalogue, type Schema } from './catalogue.ts'
import type { Row } from './row.ts'

/** One table as the writer sees it. */
export interface Table {
  readonly catalogue: Catalogue
  /** The name in the database of a column of the row: Kysely's plugins may change it. */
  columnName(column: string): string
  /** Inserts rows that have the same columns; a row whose key is there already is left as it is. */
  insert(rows: readonly Row[], types: ColumnTypes): Promise<void>
}

// No table of Postgres has more.
const maxColumns = 1_600

/** The table of a writer, its names and statements made through Kysely, so that plugins and schemas apply. */
export function createTable(db: Kysely<Schema>, table: string, conflict: readonly string[]): Table {
  const { into } = db.insertInto(table).columns(conflict).toOperationNode()
  const path = into?.table
  const names = new Map<string, string>()
  const columnName = (column: string) => {
    const known = names.get(column)
    if (known !== undefined) return known
    const name = db.insertInto(table).columns([column]).toOperationNode().columns?.[0]?.column.name ?? column
    // A mapper may take its columns from a body: what is remembered has a bound.
    if (names.size < maxColumns) names.set(column, name)
    return name
  }
  return {
    catalogue: createCatalogue(db, { schema: path?.schema?.name, name: path?.identifier.name ?? table }),
    columnName,
    async insert(rows, types) {
      const columns = rows[0]?.columns ?? []
      const parameters = columns.map((_, index) => rows.map((row) => row.values[index] ?? null))
      const parts = columns.map((column, index) => {
        const type = types.get(columnName(column))
        if (type === undefined) throw new Error(`column ${column} is not in the catalogue`)
        const values = sql.val(parameters[index])
        const name = sql.raw(`v.c${index}`)
        // Both type names come from the catalogue, quoted by Postgres itself.
        return type.unnestable
          ? { array: sql`${values}::${sql.raw(type.sqlType)}[]`, selected: name }
          : { array: sql`${values}::text[]`, selected: sql`${name}::${sql.raw(type.sqlType)}` }
      })
      const names = sql.raw(columns.map((_, index) => `c${index}`).join(', '))
      const arrays = sql.join(parts.map((part) => part.array))
      const selected = sql.join(parts.map((part) => part.selected))
      await db
        .insertInto(table)
        .columns(columns)
        .expression(sql`select ${selected} from unnest(${arrays}) as v(${names})`)
        .onConflict((target) => target.columns(conflict).doNothing())
        .execute()
    },
  }
}
