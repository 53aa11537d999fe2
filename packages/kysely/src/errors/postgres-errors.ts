const refusals: Readonly<Record<string, string>> = {
  '08P01': 'the parameters break the protocol',
  '22001': 'a text is too long for its column',
  '22003': 'a number is out of range for its column',
  '22007': 'a date or time is malformed',
  '22008': 'a date or time is out of range',
  '22021': 'a text has a character that the database cannot store',
  '22P02': 'a value is malformed for the type of its column',
  '22P05': 'a text has a character that the database cannot store',
  '23502': 'not-null constraint',
  '23503': 'foreign key constraint',
  '23505': 'unique constraint',
  '23514': 'check constraint',
  '23P01': 'exclusion constraint',
}

/** Whether a column's type cannot hold a parameter: class 22 is that of values ("PostgreSQL Error Codes"). */
export function isOfAValue(error: unknown): boolean {
  return sqlState(error)?.startsWith('22') === true
}

/** The SQLSTATE of an error that the server sent; `undefined` for any other. */
export function sqlState(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  const { code } = thrown
  // EPIPE has five capitals too: a SQLSTATE starts with a digit or one of the four classes with letters.
  return typeof code === 'string' && /^(?:\d[\dA-Z]|F0|HV|P0|XX)[\dA-Z]{3}$/.test(code) ? code : undefined
}

/** The rule that a row breaks, in words, with the names of the schema alone. */
export function postgresRule(thrown: unknown, state: string): string {
  const constraint = nameIn(thrown, 'constraint')
  const column = nameIn(thrown, 'column')
  const table = nameIn(thrown, 'table')
  const type = nameIn(thrown, 'dataType') ?? typeIn(thrown)
  return [
    refusals[state] ?? `SQLSTATE ${state}`,
    constraint === undefined ? '' : ` "${constraint}"`,
    column === undefined ? '' : ` on column "${column}"`,
    table === undefined ? '' : ` of table "${table}"`,
    type === undefined ? '' : ` (type ${type})`,
  ].join('')
}

// Each field as node-postgres calls it, and as postgres.js does ("data type_name" with its blank).
const fieldNames = {
  constraint: ['constraint', 'constraint_name'],
  column: ['column', 'column_name'],
  table: ['table', 'table_name'],
  dataType: ['dataType', 'data type_name'],
} as const

function nameIn(thrown: unknown, field: keyof typeof fieldNames): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  return fieldNames[field]
    .map((name) => Reflect.get(thrown, name) as unknown)
    .find((name): name is string => typeof name === 'string' && name !== '')
}

// The server does not name the column of a value that does not fit, but its type; the value is what stands beside. In
// another language than English the type is left out.
const types = [
  /^value too long for type ([a-z ]+\(\d+\))$/,
  /^invalid input syntax for type ([a-z\d ]+)(?:: |$)/,
  /^invalid input value for enum ([\w.]+): /,
  /^value ".*" is out of range for type ([a-z ]+)$/s,
]

function typeIn(thrown: unknown): string | undefined {
  const message = typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'message') : undefined
  if (typeof message !== 'string') return undefined
  return types.map((pattern) => pattern.exec(message)?.[1]).find((type) => type !== undefined)
}
