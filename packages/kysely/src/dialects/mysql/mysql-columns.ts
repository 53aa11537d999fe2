import { sql } from 'kysely'
import type { ColumnFacts, FailedStatement } from '../error-origin.ts'

/** The facts about a table that matter for the origin of an error. */
export interface MysqlTable {
  readonly columns: readonly MysqlColumnFacts[]
  /** The columns of each unique index, by its name. */
  readonly keys: ReadonlyMap<string, readonly string[]>
  /** The schema of the table, even if the statement does not name it. */
  readonly schema: string
  readonly isMariadb: boolean
  /** Whether names are compared without regard to case. */
  readonly ignoresCase: boolean
  /** Whether triggers run for the statement. The user sees triggers only with the `TRIGGER` privilege. */
  readonly hasTriggers: boolean
}

/** The facts about a column. */
export interface MysqlColumnFacts extends ColumnFacts {
  readonly auto: boolean
  /** The maximum number of characters, or bytes, of a value. */
  readonly most?: number
  /** The size of an integer. */
  readonly bits?: bigint
  readonly isUnsigned: boolean
}

interface ReadColumn {
  readonly name: string
  readonly value: string | null
  readonly extra: string
  readonly generation: string | null
  readonly version: string
  readonly place: string
  readonly cases: number | string
  readonly most: number | string | null
  readonly type: string
  readonly triggers: number | string
}

/** Reads the table of a statement. */
export async function readTable({ db, table, isUpdate, action }: FailedStatement): Promise<MysqlTable> {
  const plain = db.withoutPlugins()
  const schema = schemaOf(table.schema)
  // An insert may become an update.
  const events = isUpdate
    ? ['UPDATE']
    : action === 'nothing' || action === 'fail'
      ? ['INSERT']
      : ['INSERT', 'UPDATE']
  const { rows } = await sql<ReadColumn>`
    select column_name as name, column_default as value, extra as extra, generation_expression as generation,
      @@version as version, table_schema as place, @@lower_case_table_names as cases, column_type as type,
      character_maximum_length as most, (
        select count(*) from information_schema.triggers
        where event_object_schema = ${schema} and event_object_table = ${table.name} 
          and event_manipulation in (${sql.join(events)})
      ) as triggers
    from information_schema.columns where table_schema = ${schema} and table_name = ${table.name}`.execute(
    plain,
  )
  const names = rows.map(({ name }) => name)
  const indexes = await sql<{ name: string; column: string | null }>`
    select index_name as name, column_name as ${sql.id('column')} from information_schema.statistics
    where table_schema = ${schema} and table_name = ${table.name} and non_unique = 0`.execute(plain)
  const keys = new Map<string, string[]>()
  for (const { name, column } of indexes.rows) {
    const columns = keys.get(name) ?? []
    if (column !== null) columns.push(column)
    keys.set(name, columns)
  }
  return {
    columns: rows.map((row) => ({
      name: row.name,
      inputs: namesIn(row.generation ?? '', names),
      auto: /auto_increment/i.test(row.extra),
      constant: isConstant(row),
      ...(row.most === null ? {} : { most: Number(row.most) }),
      ...sizeOf(row.type),
    })),
    schema: rows[0]?.place ?? '',
    isMariadb: rows[0]?.version.includes('MariaDB') ?? false,
    ignoresCase: Number(rows[0]?.cases ?? 0) > 0,
    keys,
    hasTriggers: Number(rows[0]?.triggers ?? 0) > 0,
  }
}

/** The columns of a check of the table; `undefined` when it has no such check. */
export async function readCheck(
  { db, table }: FailedStatement,
  constraint: string,
  { columns, schema, isMariadb }: MysqlTable,
): Promise<readonly string[] | undefined> {
  // MariaDB names a check of a column by its table and column, and each table has its own names.
  const name = constraint.slice(constraint.lastIndexOf('.') + 1)
  const level = constraint.includes('.') ? 'Column' : 'Table'
  const ofTable = isMariadb ? sql`and c.table_name = t.table_name and c.level = ${level}` : sql``
  const { rows } = await sql<{ clause: string }>`
    select check_clause as clause from information_schema.check_constraints c
    join information_schema.table_constraints t using (constraint_schema, constraint_name)
    where t.table_schema = ${schema} and t.table_name = ${table.name} and t.constraint_name = ${name}
      ${ofTable}`.execute(db.withoutPlugins())
  const [first] = rows
  const names = columns.map((column) => column.name)
  return first && namesIn(first.clause, names)
}

/** The columns of a foreign key of the table. */
export async function readForeignKey(
  { db, table }: FailedStatement,
  constraint: string,
): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.key_column_usage
    where table_schema = ${schemaOf(table.schema)} and table_name = ${table.name} and constraint_name = ${constraint}`.execute(
    db.withoutPlugins(),
  )
  return rows.map(({ name }) => name)
}

function schemaOf(schema: string | undefined) {
  return schema === undefined ? sql`database()` : sql`${schema}`
}

/** In expressions of the catalogue, columns stand between backticks. */
function namesIn(expression: string, columns: readonly string[]): string[] {
  const quoted = new Set([...expression.matchAll(/`([^`]+)`/g)].map(([, name]) => name))
  return columns.filter((column) => quoted.has(column))
}

const sizes: Readonly<Record<string, bigint>> = { tiny: 8n, small: 16n, medium: 24n, '': 32n, big: 64n }

function sizeOf(type: string): Pick<MysqlColumnFacts, 'bits' | 'isUnsigned'> {
  const bits = sizes[/^(\w*)int\b/.exec(type)?.[1] ?? '-']
  return { ...(bits !== undefined && { bits }), isUnsigned: /\bunsigned\b/.test(type) }
}

/** MariaDB shows literals in quotes and expressions without quotes; MySQL marks expressions. */
function isConstant({ value, extra, version }: ReadColumn): boolean {
  if (/auto_increment|DEFAULT_GENERATED/i.test(extra)) return false
  if (value === null || !version.includes('MariaDB')) return true
  return /^(?:NULL|'.*'|-?[\d.]+)$/s.test(value)
}
