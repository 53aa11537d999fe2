import { SpillwayError } from '@spillway/message'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { ConflictRule } from '../conflict-rule.ts'
import type { Schema, TableName } from '../table.ts'
import type { MysqlFacts } from './mysql-facts.ts'
import { isFloating, type MysqlColumn, mysqlKeyColumn } from './mysql-key-column.ts'
import { hexLiteral, type MysqlSettings, refusedSettings } from './mysql-settings.ts'

interface Column extends MysqlColumn, MysqlSettings {
  readonly nullable: string
  readonly version: string
  readonly packet: number | string
}

/**
 * Reads the columns of a table of MySQL or MariaDB, and the settings of the server. It rejects settings and tables that
 * would lose rows, or store other values, without an error.
 *
 * @throws SpillwayError `SPILLWAY_TABLE_UNKNOWN` if there is no such table, `SPILLWAY_WRITE_FAILED` with the reason if
 * the table cannot be written to safely, or what the driver throws
 */
export async function readMysqlFacts(
  db: Kysely<Schema>,
  table: TableName,
  { on, action }: Pick<ConflictRule, 'on' | 'action'>,
): Promise<MysqlFacts> {
  const plain = db.withoutPlugins()
  const schema = table.schema === undefined ? sql`database()` : hexLiteral(table.schema)
  const rows = await readColumns(plain, schema, table.name)
  const [first] = rows
  if (first === undefined) {
    throw new SpillwayError(
      'SPILLWAY_TABLE_UNKNOWN',
      `The table "${table.name}" does not exist in the database of the connection: run the migration.`,
    )
  }
  const refused = (why: string) =>
    new SpillwayError('SPILLWAY_WRITE_FAILED', `Nothing is written to "${table.name}": ${why}.`)
  const settings = refusedSettings(first)
  if (settings !== undefined) throw refused(settings)
  const columns = on.map((column) => `"${column}"`).join(', ')
  const neverNullKey = on.find((column) =>
    rows.some(({ name, nullable }) => name === column && nullable === 'NO'),
  )
  if (neverNullKey === undefined)
    throw refused(`the conflict columns ${columns} may be null: make one of them \`not null\``)
  const keyIndexes = await readUniqueIndexes(plain, schema, table.name, on)
  if (keyIndexes.length === 0) {
    throw refused(`no unique constraint covers exactly the conflict columns ${columns}`)
  }
  const keyColumns = rows.filter(({ name }) => on.includes(name))
  const floating = action === 'fail' ? undefined : keyColumns.find(isFloating)
  if (floating !== undefined) {
    throw refused(
      `the conflict column "${floating.name}" is of the type ${floating.type}, which does not store every value unchanged: two keys could become one`,
    )
  }
  return {
    types: new Map(rows.map(({ name, type }) => [name, Object.freeze({ sqlType: type })])),
    maxStatementBytes: Number(first.packet),
    mariadb: first.version.includes('MariaDB'),
    neverNullKey,
    key: new Map(keyColumns.map((column) => [column.name, mysqlKeyColumn(column)])),
    keyIndexes,
  }
}

async function readColumns(
  db: Kysely<Schema>,
  schema: RawBuilder<unknown>,
  table: string,
): Promise<readonly Column[]> {
  const { rows } = await sql<Column>`
    select c.column_name as name, c.data_type as type, c.column_type as declared, c.is_nullable as nullable,
      c.collation_name as collation, c.datetime_precision as seconds, c.numeric_scale as digits,
      c.character_maximum_length as length, t.engine as engine, e.transactions as transactions,
      @@version as version, @@sql_mode as mode, @@max_allowed_packet as packet
    from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    left join information_schema.engines e on e.engine = t.engine
    where c.table_schema = ${schema} and c.table_name = ${hexLiteral(table)}`.execute(db)
  return rows
}

/** The names of the unique indexes on exactly these columns. */
async function readUniqueIndexes(
  db: Kysely<Schema>,
  schema: RawBuilder<unknown>,
  table: string,
  on: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string; columns: string }>`
    select index_name as name, group_concat(column_name separator '\n') as columns
    from information_schema.statistics
    where table_schema = ${schema} and table_name = ${hexLiteral(table)} and non_unique = 0
    group by index_name having sum(sub_part is not null or column_name is null) = 0`.execute(db)
  // Sorted here: the server ignores case when it sorts.
  const sorted = (columns: readonly string[]) => columns.toSorted().join('\n')
  return rows.filter(({ columns }) => sorted(columns.split('\n')) === sorted(on)).map(({ name }) => name)
}
