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
  '2200H': 'a sequence is exhausted',
  '54000': 'a limit of the server is reached',
}

/** Whether a value does not fit its type: class 22 is about values ("PostgreSQL Error Codes"). */
export function isOfAValue(error: unknown): boolean {
  return sqlState(error)?.startsWith('22') === true
}

/**
 * The SQLSTATE of an error that the server sent; `undefined` for any other error.
 *
 * A function may raise any code of five digits and capitals (`raise exception … using errcode = 'OR001'`). Node has
 * codes of five capitals too, EPIPE for example: a code of an unknown class counts only with a `severity`, which only
 * a server sends.
 */
export function sqlState(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  const { code } = thrown
  if (typeof code !== 'string' || !/^[\dA-Z]{5}$/.test(code)) return undefined
  const isOfServer = 'severity' in thrown && typeof thrown.severity === 'string'
  return isOfServer || /^(?:\d[\dA-Z]|F0|HV|P0|XX)/.test(code) ? code : undefined
}

/** Whether `raise` of PL/pgSQL made an error: the author of the function chose its code and message. */
export function isRaised(thrown: unknown): boolean {
  return fieldOf(thrown, 'routine') === 'exec_stmt_raise'
}

/**
 * Whether an error occurred inside a function or a trigger. Its context names the programming language, in the same
 * way in each language of the server's messages.
 */
export function isInFunction(thrown: unknown): boolean {
  const where = fieldOf(thrown, 'where') ?? ''
  // The check of a foreign key is an SQL statement as well: `select 1 from only …`.
  return isRaised(thrown) || /\bPL\//.test(where) || (/\bSQL\b/.test(where) && !where.includes('FROM ONLY'))
}

/** Whether the server reports a position in the statement: the error is about the text, not about a value. */
export function isOfTheText(thrown: unknown): boolean {
  return !isInFunction(thrown) && fieldOf(thrown, 'position') !== undefined
}

/**
 * Whether the server could not read a parameter or a literal, so that stored data did not cause the error. The context
 * of a parameter ends with `portal parameter $1` in any language, with its value after `=`; the context of a whole
 * statement (`log_parameter_max_length_on_error`) has a colon before it.
 */
export function isOfAParameter(thrown: unknown): boolean {
  if (isInFunction(thrown)) return false
  const isLiteral = isOfAValue(thrown) && fieldOf(thrown, 'position') !== undefined
  return isLiteral || /^[^:：']*\$\d+(?: =|$)/m.test(fieldOf(thrown, 'where') ?? '')
}

/**
 * The functions of the server that find a row too large for a page, an index or a type (`routine` of an error message;
 * PostgreSQL, "Error and Notice Message Fields"). Their names are the same in each language. All other functions
 * report 54000 about the server: the remaining transaction ids, the size of a table.
 */
const limitsOfAValue =
  /^(?:_bt_|_hash_|brin|index_form_tuple|gin|gist|spg|RelationGetBufferForTuple|Array|ReadArray|array_|convertJsonb|pushJsonb|checkStringLen|tsvectorin|make_tsvector|pushValue|path_in|poly_in|bit_in|varbit_in)/i

/** Whether an error of class 54 (a limit of the server) is about the size of a value or a row. */
export function isLimitOfAValue(thrown: unknown): boolean {
  return limitsOfAValue.test(fieldOf(thrown, 'routine') ?? '')
}

/** The startup parameter that PgBouncer refuses; `undefined` for any other error. */
export function refusedParameter(thrown: unknown): string | undefined {
  if (sqlState(thrown) !== '08P01' || fieldOf(thrown, 'severity') !== 'FATAL') return undefined
  const message = String(Reflect.get(Object(thrown), 'message'))
  return /unsupported startup parameter(?: in options)?: ([\w.]+)/.exec(message)?.[1]
}

// The names of each field in node-postgres, and in postgres.js ("data type_name" with a blank).
const fieldNames = {
  constraint: ['constraint', 'constraint_name'],
  column: ['column', 'column_name'],
  table: ['table', 'table_name'],
  schema: ['schema', 'schema_name'],
  dataType: ['dataType', 'data type_name'],
  severity: ['severity'],
  routine: ['routine'],
  where: ['where'],
  position: ['position'],
} as const

/** A field of an error of the server. */
export function fieldOf(thrown: unknown, field: keyof typeof fieldNames): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  return fieldNames[field]
    .map((name) => Reflect.get(thrown, name) as unknown)
    .find((name): name is string => typeof name === 'string' && name !== '')
}

/** The rule that a row violates, in words, with names of the schema only. */
export function postgresRule(thrown: unknown, state: string): string {
  // A `raise` may name a value as the constraint.
  if (isRaised(thrown)) return refusals[state] ?? `SQLSTATE ${state}`
  const constraint = fieldOf(thrown, 'constraint')
  const column = fieldOf(thrown, 'column')
  const table = fieldOf(thrown, 'table')
  const type = fieldOf(thrown, 'dataType') ?? typeIn(thrown)
  return [
    refusals[state] ?? `SQLSTATE ${state}`,
    constraint === undefined ? '' : ` "${constraint}"`,
    column === undefined ? '' : ` on column "${column}"`,
    table === undefined ? '' : ` of table "${table}"`,
    type === undefined ? '' : ` (type ${type})`,
  ].join('')
}

// For a value that does not fit, the server names the type instead of the column, next to the value. The type is read
// from English messages only.
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
