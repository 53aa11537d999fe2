import { SpillwayError } from '@spillway/message'
import { type Kysely, sql } from 'kysely'
import type { ColumnType } from './encode-value.ts'

/** A table by its names in the database, after Kysely's plugins. */
export interface TableName {
  readonly schema?: string | undefined
  readonly name: string
}

/** The columns of a table by name. */
export type ColumnTypes = ReadonlyMap<string, ColumnType>

/** The column types of one table, read from the database when they are first needed. */
export interface Catalogue {
  /**
   * The types; concurrent first calls share one read, and a failed read is not kept.
   *
   * @throws SpillwayError `SPILLWAY_TABLE_UNKNOWN` when there is no such table, or what the driver throws
   */
  read(): Promise<ColumnTypes>
  /** Drops what was read: the next call of `read` asks the database. */
  forget(): void
}

/** A {@link Catalogue} of one table, for as long as the writer lives. */
export function createCatalogue(db: Kysely<Schema>, table: TableName): Catalogue {
  let types: Promise<ColumnTypes> | undefined
  return {
    read() {
      if (types !== undefined) return types
      const reading = readTypes(db, table)
      types = reading
      reading.catch(() => {
        if (types === reading) types = undefined
      })
      return reading
    },
    forget() {
      types = undefined
    },
  }
}

/** Whether two reads of a table found the same columns and types. */
export function sameTypes(one: ColumnTypes, other: ColumnTypes): boolean {
  const text = (types: ColumnTypes) => JSON.stringify([...types].sort(([a], [b]) => (a < b ? -1 : 1)))
  return text(one) === text(other)
}

/** A database whose tables are not known to the compiler: the writer's public signature is what is typed. */
export type Schema = Record<string, Record<string, unknown>>

// `format_type(…, -1)` leaves the modifier out: a cast to varchar(3) would cut a text that the column itself refuses.
async function readTypes(db: Kysely<Schema>, table: TableName): Promise<ColumnTypes> {
  const names = table.schema === undefined ? [table.name] : [table.schema, table.name]
  const path = names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.')
  const { rows } = await sql<ColumnType & { readonly name: string }>`
    with recursive col as (
      select attname, atttypid, atttypid as base
      from pg_catalog.pg_attribute
      where attrelid = pg_catalog.to_regclass(${path}::text) and attnum > 0 and not attisdropped
      union all
      select col.attname, col.atttypid, domain.typbasetype
      from col join pg_catalog.pg_type domain on domain.oid = col.base and domain.typtype = 'd'
    )
    select col.attname::text as "name",
      pg_catalog.format_type(col.atttypid, -1) as "sqlType",
      own.typarray <> 0 and own.typdelim = ',' and base.typtype <> 'c' as "unnestable",
      base.typcategory = 'A' as "list",
      coalesce(element.typname, base.typname) in ('json', 'jsonb') as "json"
    from col
    join pg_catalog.pg_type own on own.oid = col.atttypid
    join pg_catalog.pg_type base on base.oid = col.base and base.typtype <> 'd'
    left join pg_catalog.pg_type element on element.oid = base.typelem and base.typcategory = 'A'
  `.execute(db.withoutPlugins())
  if (rows.length === 0) {
    throw new SpillwayError(
      'SPILLWAY_TABLE_UNKNOWN',
      `The table ${path} does not exist, or not in the search path: run the migration.`,
    )
  }
  return new Map(rows.map(({ name, ...type }) => [name, Object.freeze(type)]))
}
