import type { Failure } from './classify-error.ts'

// Source of the codes: "Result and Error Codes" of SQLite. An extended code has the primary one in its low byte.
/** What a primary result code means; the table is in docs/kysely.md. */
export const byPrimary: ReadonlyMap<number, Failure> = new Map<number, Failure>([
  [1, 'systemic'], // SQLITE_ERROR: no such table or column, a syntax error
  [5, 'transient'], // SQLITE_BUSY
  [6, 'transient'], // SQLITE_LOCKED
  [8, 'systemic'], // SQLITE_READONLY
  [9, 'tooSlow'], // SQLITE_INTERRUPT
  [10, 'server'], // SQLITE_IOERR
  [11, 'server'], // SQLITE_CORRUPT
  [13, 'systemic'], // SQLITE_FULL
  [14, 'systemic'], // SQLITE_CANTOPEN
  [17, 'transient'], // SQLITE_SCHEMA
  [18, 'permanent'], // SQLITE_TOOBIG
  [19, 'permanent'], // SQLITE_CONSTRAINT
  [20, 'permanent'], // SQLITE_MISMATCH
])
/** What an extended result code means that differs from its primary one. */
export const byExtended: ReadonlyMap<number, Failure> = new Map<number, Failure>([
  [787, 'ordering'], // SQLITE_CONSTRAINT_FOREIGNKEY
  [1555, 'duplicate'], // SQLITE_CONSTRAINT_PRIMARYKEY
  [1811, 'unknown'], // SQLITE_CONSTRAINT_TRIGGER
  [2067, 'duplicate'], // SQLITE_CONSTRAINT_UNIQUE
])

const extended: ReadonlyMap<string, number> = new Map([
  ['SQLITE_ERROR', 1],
  ['SQLITE_BUSY', 5],
  ['SQLITE_LOCKED', 6],
  ['SQLITE_READONLY', 8],
  ['SQLITE_INTERRUPT', 9],
  ['SQLITE_IOERR', 10],
  ['SQLITE_CORRUPT', 11],
  ['SQLITE_FULL', 13],
  ['SQLITE_CANTOPEN', 14],
  ['SQLITE_SCHEMA', 17],
  ['SQLITE_TOOBIG', 18],
  ['SQLITE_CONSTRAINT', 19],
  ['SQLITE_MISMATCH', 20],
  ['SQLITE_CONSTRAINT_CHECK', 275],
  ['SQLITE_CONSTRAINT_DATATYPE', 3091],
  ['SQLITE_CONSTRAINT_FOREIGNKEY', 787],
  ['SQLITE_CONSTRAINT_NOTNULL', 1299],
  ['SQLITE_CONSTRAINT_PRIMARYKEY', 1555],
  ['SQLITE_CONSTRAINT_TRIGGER', 1811],
  ['SQLITE_CONSTRAINT_UNIQUE', 2067],
])

const refusals: ReadonlyMap<number, string> = new Map([
  [275, 'check constraint'],
  [787, 'foreign key constraint'],
  [1299, 'not-null constraint'],
  [1555, 'primary key'],
  [2067, 'unique constraint'],
  [3091, 'a value is malformed for the type of its column'],
])

/** The extended result code of an error of `node:sqlite` (`errcode`) or better-sqlite3 (`code`). */
export function sqliteCode(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  if (thrown.code === 'ERR_SQLITE_ERROR' && 'errcode' in thrown) return Number(thrown.errcode)
  const { code } = thrown
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return undefined
  return extended.get(code) ?? extended.get(code.split('_').slice(0, 2).join('_'))
}

/** What an error of SQLite means; `undefined` when it is none. */
export function classifySqlite(thrown: object): Failure | undefined {
  const code = sqliteCode(thrown)
  return code === undefined ? undefined : (byExtended.get(code) ?? byPrimary.get(code & 0xff) ?? 'unknown')
}

// What stands after the colon are names of the schema; an unnamed check is named by its expression.
const names: readonly (readonly [RegExp, (...names: string[]) => string])[] = [
  [/^NOT NULL constraint failed: (.+)$/s, (column) => `not-null constraint on column "${column}"`],
  [/^UNIQUE constraint failed: (.+)$/s, (columns) => `unique constraint on "${columns}"`],
  [/^CHECK constraint failed: (.+)$/s, (check) => `check constraint "${check.slice(0, 100)}"`],
  [
    /^cannot store (\w+) value in (\w+) column (.+)$/s,
    (value, type, column) => `a ${value} value does not fit the ${type} column "${column}"`,
  ],
]

/** The rule that a row breaks, in words, with the names of the schema alone. */
export function sqliteRule(thrown: unknown, code: number): string {
  const message = messageOf(thrown)
  for (const [pattern, words] of refusals.has(code) ? names : []) {
    const [, ...found] = pattern.exec(message) ?? []
    if (found.length > 0) return words(...found)
  }
  return refusals.get(code) ?? `SQLite error ${code}`
}

const absent = /^(?:no such (?:table|column): |table .+ has no column named )/
const unmatched = /^ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint$/

/** Whether a table or a column does not exist. */
export function isAbsentInSqlite(thrown: unknown): boolean {
  return sqliteCode(thrown) === 1 && absent.test(messageOf(thrown))
}

/** Whether a table has no constraint for the conflict columns. */
export function isUnmatchedInSqlite(thrown: unknown): boolean {
  return sqliteCode(thrown) === 1 && unmatched.test(messageOf(thrown))
}

// What the server says of itself: full, read-only, busy, not to be opened.
const quotable: ReadonlySet<number> = new Set([5, 6, 8, 10, 13, 14])

/** What SQLite says, where it speaks of the schema or of itself rather than of a value. */
export function sqliteWords(thrown: unknown, code: number): string | undefined {
  const isOfSchema = isAbsentInSqlite(thrown) || isUnmatchedInSqlite(thrown)
  return isOfSchema || quotable.has(code & 0xff) ? messageOf(thrown) : undefined
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : ''
}
