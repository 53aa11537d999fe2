import { SpillwayError } from '@spillway/message'
import { type Kysely, sql } from 'kysely'
import type { Schema, TableFacts, TableName } from '../../writer/catalogue.ts'

interface Column {
  readonly name: string
  readonly type: string
  readonly nullable: string
  readonly version: string
  readonly mode: string
  readonly packet: number | string
}

/**
 * Reads the columns of a table of MySQL or MariaDB, and what the server is set to. It refuses what would lose rows
 * without a word: a `sql_mode` that is not strict cuts values, and without a unique constraint on the conflict columns
 * nothing is ever a duplicate.
 *
 * @throws SpillwayError `SPILLWAY_TABLE_UNKNOWN` when there is no such table, `SPILLWAY_WRITE_FAILED` for the two above,
 * or what the driver throws
 */
export async function readMysqlFacts(
  db: Kysely<Schema>,
  table: TableName,
  on: readonly string[],
): Promise<TableFacts> {
  const plain = db.withoutPlugins()
  const schema = table.schema === undefined ? sql`database()` : sql`${table.schema}`
  const { rows } = await sql<Column>`
    select column_name as name, data_type as type, is_nullable as nullable,
      @@version as version, @@sql_mode as mode, @@max_allowed_packet as packet
    from information_schema.columns where table_schema = ${schema} and table_name = ${table.name}`.execute(
    plain,
  )
  const [first] = rows
  if (first === undefined) {
    throw new SpillwayError(
      'SPILLWAY_TABLE_UNKNOWN',
      `The table "${table.name}" does not exist in the database of the connection: run the migration.`,
    )
  }
  const refused = (why: string) =>
    new SpillwayError('SPILLWAY_WRITE_FAILED', `Nothing is written to "${table.name}": ${why}.`)
  const columns = on.map((column) => `"${column}"`).join(', ')
  if (!/STRICT_(?:TRANS|ALL)_TABLES|TRADITIONAL/.test(first.mode)) {
    throw refused('the sql_mode is not strict, so that it would cut values: add STRICT_TRANS_TABLES')
  }
  const sureKey = on.find((column) => rows.some(({ name, nullable }) => name === column && nullable === 'NO'))
  if (sureKey === undefined)
    throw refused(`the conflict columns ${columns} may be null: make one of them \`not null\``)
  const indexes = await sql<{ columns: string }>`
    select group_concat(column_name separator '\n') as columns
    from information_schema.statistics
    where table_schema = ${schema} and table_name = ${table.name} and non_unique = 0
    group by index_name having sum(sub_part is not null or column_name is null) = 0`.execute(plain)
  // Sorted here: the server sorts without regard to capitals.
  const sorted = (columns: readonly string[]) => columns.toSorted().join('\n')
  if (!indexes.rows.some(({ columns }) => sorted(columns.split('\n')) === sorted(on))) {
    throw refused(`no unique constraint covers exactly the conflict columns ${columns}`)
  }
  return {
    types: new Map(
      rows.map(({ name, type }) => [
        name,
        Object.freeze({ sqlType: type, unnestable: false, list: false, json: type === 'json' }),
      ]),
    ),
    maxPacket: Number(first.packet),
    mariadb: first.version.includes('MariaDB'),
    sureKey,
  }
}
