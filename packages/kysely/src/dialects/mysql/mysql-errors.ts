import { equalByCollation } from '../key-column.ts'

const refusals: ReadonlyMap<number, string> = new Map([
  [1048, 'not-null constraint'],
  [1062, 'unique constraint'],
  [1264, 'a number is out of range for its column'],
  [1265, 'a value is malformed for the type of its column'],
  [1292, 'a value is malformed for the type of its column'],
  [1366, 'a value is malformed for the type of its column, or has a character that it cannot store'],
  [1406, 'a text is too long for its column'],
  [1452, 'foreign key constraint'],
  [3140, 'a text is not JSON'],
  [3819, 'check constraint'],
  [4025, 'check constraint'],
  [167, 'no auto-increment value is left'],
  [1467, 'no auto-increment value is left'],
  [1526, 'the table has no partition for the row'],
])

// A message may quote a value of the row. Names of the schema are at its end, or are the whole message.
const column = /^(?:.* for column|Column) (?:[`'\w$.]*\.)?[`']([\w$ ]+)[`'](?: at row \d+| cannot be null)$/s
const constraints = [
  / for key '([\w$ .]+)'$/s,
  /^CONSTRAINT `([\w$ .]+)` failed for `[^`]*`\.`[^`]*`$/,
  /^Check constraint '([\w$ .]+)' is violated\.$/,
  /, CONSTRAINT `([\w$ .]+)` FOREIGN KEY \([^()]*\) REFERENCES [^()]*\([^()]*\)[A-Z ]*\)$/s,
]

/** The number of an error that a server of MySQL or MariaDB sent; `undefined` for any other error. */
export function mysqlNumber(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('errno' in thrown)) return undefined
  // Node's own errors have negative numbers; `signal` may set any number from 1.
  return typeof thrown.errno === 'number' && thrown.errno > 0 && 'sqlState' in thrown
    ? thrown.errno
    : undefined
}

/**
 * Whether `signal` in a trigger or a function made an error: its author chose the number, the state and the message.
 * The number is 1644 unless `mysql_errno` sets another; 45000 is the state for errors of users. States of the server
 * start with a digit below 5, H or X (and 70100), and continue with three digits, or S and two digits.
 */
export function isSignalled(thrown: unknown): boolean {
  const state = stateOf(thrown)
  return mysqlNumber(thrown) === 1644 || stateOfAuthor.test(state)
}

const stateOfAuthor = /^(?:45|[A-GI-WYZ]|[5689]|7(?!0100)|\d[\dA-Z](?!\d{3}$|S\d\d$))/

/** The SQLSTATE that comes with a number. */
export function stateOf(thrown: unknown): string {
  return String(Reflect.get(Object(thrown), 'sqlState'))
}

/** The rule that a row violates, in words, with names of the schema only. */
export function mysqlRule(thrown: unknown, number: number): string {
  const own: unknown = Reflect.get(Object(thrown), 'rule')
  if (typeof own === 'string') return own
  if (isSignalled(thrown)) return `MySQL error ${number}`
  const { constraint, column } = mysqlNames(thrown)
  const rule = refusals.get(number) ?? `MySQL error ${number}`
  if (column !== undefined && rule.includes('its column'))
    return rule.replace('its column', `column "${column}"`)
  return [
    rule,
    constraint === undefined ? '' : ` "${constraint}"`,
    column === undefined ? '' : ` on column "${column}"`,
  ].join('')
}

/** The names of the schema in a message of the server. */
export function mysqlNames(thrown: unknown): { readonly constraint?: string; readonly column?: string } {
  const message =
    typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'sqlMessage') : undefined
  if (typeof message !== 'string') return {}
  const found = constraints.map((pattern) => pattern.exec(message)?.[1]).find((name) => name !== undefined)
  const named = column.exec(message)?.[1]
  return {
    ...(found === undefined ? {} : { constraint: found }),
    ...(named === undefined ? {} : { column: named }),
  }
}

const places = [
  /^Cannot add or update a child row: a foreign key constraint fails \(`([^`]+)`\.`([^`]+)`, CONSTRAINT /,
  /^CONSTRAINT `[^`]+` failed for `([^`]+)`\.`([^`]+)`$/,
  / for column `([^`]+)`\.`([^`]+)`\.`[^`]+` at row \d+$/,
]

/** The table that a message of the server is about; `undefined` if it names none. */
export function mysqlPlace(thrown: unknown): { readonly schema: string; readonly name: string } | undefined {
  const message: unknown = Reflect.get(Object(thrown), 'sqlMessage')
  if (typeof message !== 'string') return undefined
  for (const pattern of places) {
    const [, schema, name] = pattern.exec(message) ?? []
    if (schema !== undefined && name !== undefined) return { schema, name }
  }
  return undefined
}

/** Whether a statement failed because it set a conflict column to null on purpose: see `assignments` of the writer. */
export function isTakenKey(thrown: unknown, key: string | undefined): boolean {
  return mysqlNumber(thrown) === 1048 && mysqlNames(thrown).column === key
}

/** The error for {@link isTakenKey}. The server does not say which constraint it was. */
export function takenKey(conflict: readonly string[]): Error {
  const columns = conflict.map((column) => `"${column}"`).join(', ')
  const rule = `a unique constraint other than that of the conflict columns ${columns}`
  return Object.assign(new Error(rule), {
    code: 'ER_DUP_ENTRY',
    errno: 1062,
    sqlState: '23000',
    rule,
    other: true,
  })
}

/** The error for a row whose key differs from another key in the table, but is equal to it by the collation. */
export function sameByCollation(
  conflict: readonly string[],
  collationOf: (column: string) => string | undefined,
): Error {
  const rule = equalByCollation(conflict, collationOf)
  return Object.assign(new Error(rule), { code: 'ER_DUP_ENTRY', errno: 1062, sqlState: '23000', rule })
}

/** The number of {@link tooLarge}. */
export const packetTooLarge = 1153

/** The error for a row that is too large for a statement. The server would end the connection. */
export function tooLarge(bytes: number, most: number): Error {
  const rule = `it takes ${bytes.toLocaleString('en')} bytes as a statement, and max_allowed_packet of the server is ${most.toLocaleString('en')}`
  const code = 'ER_NET_PACKET_TOO_LARGE'
  return Object.assign(new Error(rule), { code, errno: packetTooLarge, sqlState: '08S01', rule })
}

/** Whether an error is {@link takenKey}, which does not name the constraint. */
export function isOfAnotherKey(thrown: unknown): boolean {
  return Reflect.get(Object(thrown), 'other') === true
}
