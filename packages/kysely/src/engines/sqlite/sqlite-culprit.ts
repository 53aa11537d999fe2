import { sql } from 'kysely'
import { decide } from '../../errors/classify-error.ts'
import { sqliteCode } from '../../errors/sqlite-errors.ts'
import { type ColumnFacts, type Culprit, culpritOfKey, type Scene } from '../culprit.ts'

interface Read {
  readonly name: string
  readonly value: string | null
  readonly type: string
  readonly pk: number
}

const notNull = 1299
const foreignKey = 787
const keys: ReadonlySet<number> = new Set([1555, 2067])

/** Who caused an error of SQLite: it names columns, except for a foreign key and a check. */
export async function sqliteCulprit(thrown: unknown, scene: Scene): Promise<Culprit> {
  const { error } = decide(thrown)
  const code = sqliteCode(error)
  if (code === undefined) return 'unsure'
  if (code === foreignKey) return culpritOfForeignKey(scene)
  if (code !== notNull && !keys.has(code)) return 'row'
  const message = error instanceof Error ? error.message : ''
  const [, list = ''] = /^(?:NOT NULL|UNIQUE) constraint failed: (.+)$/s.exec(message) ?? []
  const named = list.split(', ').map((name) => name.split('.'))
  if (!named.every(([table]) => table === scene.table.name)) return 'elsewhere'
  const names = named.map(([, column = '']) => column)
  if (code === notNull) return names.every((name) => scene.columns.has(name)) ? 'row' : 'database'
  const columns = await readColumns(scene)
  return culpritOfKey(
    columns.filter(({ name }) => names.includes(name)),
    scene,
  )
}

/** Which foreign key it was SQLite does not say. */
async function culpritOfForeignKey(scene: Scene): Promise<Culprit> {
  const { db, table, columns } = scene
  const { rows } = await sql<{ id: number; name: string }>`
    select id, "from" as name from pragma_foreign_key_list(${table.name}, ${table.schema ?? null})`.execute(
    db.withoutPlugins(),
  )
  if (rows.length === 0) return 'elsewhere'
  if (scene.isUpdate === true) return rows.some(({ name }) => columns.has(name)) ? 'row' : 'unsure'
  return rows.every(({ name }) => columns.has(name)) ? 'row' : culpritOfDefaults(scene, rows)
}

async function culpritOfDefaults(scene: Scene, keys: readonly { name: string }[]): Promise<Culprit> {
  const { rows } = await read(scene)
  const left = rows.filter(({ name }) => keys.some((key) => key.name === name) && !scene.columns.has(name))
  // A column without a default is null, and refers to nothing.
  return left.every(({ value }) => value === null) ? 'row' : 'unsure'
}

async function readColumns(scene: Scene): Promise<readonly ColumnFacts[]> {
  const { rows } = await read(scene)
  return rows.map(({ name, value, type, pk }) => ({
    name,
    inputs: [],
    // An integer primary key that is left out is counted; an expression stands in parentheses or is a keyword.
    constant:
      !(pk > 0 && /^integer$/i.test(type)) && (value === null || /^(?:'|-?[\d.]+$|null$)/i.test(value)),
  }))
}

function read({ db, table }: Scene) {
  return sql<Read>`
    select name, dflt_value as value, type, pk from pragma_table_xinfo(${table.name}, ${table.schema ?? null})`.execute(
    db.withoutPlugins(),
  )
}
