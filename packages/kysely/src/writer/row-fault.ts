import { type Outcome, park, SpillwayError } from '@spillway/message'

/** A message whose row mapper threw. The reason contains only the error's name: its message may quote the body. */
export function mapperThrew(thrown: unknown): Outcome {
  return invalid(`The row mapper threw ${nameOf(thrown)}.`, { cause: thrown })
}

/** A message for which the row mapper did not return a row. */
export function noRow(answer: unknown): Outcome {
  if (!isPromise(answer)) {
    return invalid(`The row mapper returned ${kindOf(answer)} instead of an object of columns.`)
  }
  ignoreRejection(answer)
  return invalid('The row mapper returned a promise: it must not be asynchronous.')
}

/** Whether an answer of a row mapper is an object of columns. */
export function isRow(answer: unknown): answer is Readonly<Record<string, unknown>> {
  return typeof answer === 'object' && answer !== null && !Array.isArray(answer) && !isPromise(answer)
}

/** A message with a value that no column can hold. */
export function unencodableValue(column: string, value: unknown, thrown: unknown): Outcome {
  if (isPromise(value)) ignoreRejection(value)
  const detail = `The row mapper gives the column "${column}" ${kindOf(value)}, which no column can hold.`
  return invalid(detail, { cause: thrown })
}

/** A message whose row has no value for a conflict column. */
export function noKey(column: string | undefined): Outcome {
  return invalid(
    `The row has no value for the conflict column "${column}": a redelivery would write it twice.`,
  )
}

/** A message whose key would be changed by its conflict column. */
export function unheldKey(column: string | undefined, type: string): Outcome {
  return invalid(
    `The conflict column "${column}" of the type ${type} would change the row's value, so that different keys could become equal.`,
  )
}

/** A message whose row is not in the partial index of the conflict. */
export function outsideOfIndex(column: string): Outcome {
  return invalid(
    `The row's value for the column "${column}" differs from \`conflict.where\`: the unique index would not contain the row, and a redelivery would write it twice.`,
  )
}

/** A message whose row has no value for the version column. */
export function noVersion(column: string | undefined): Outcome {
  return invalid(
    `The row has no value for the version column "${column}": it could not be compared with an older row.`,
  )
}

function invalid(detail: string, options?: ErrorOptions): Outcome {
  const cause = new SpillwayError('SPILLWAY_ROW_INVALID', detail, options)
  return park({ code: cause.code, detail }, { cause })
}

/** A column that a table does not have: its name in the row, and its name in the database after plugins. */
export interface UnknownColumn {
  readonly given: string
  readonly name: string
}

const mostNamed = 5

/**
 * The error for a row with columns that its table does not have.
 *
 * @param isDeclared whether the columns come from the option `types` instead of the database
 */
export function unknownColumns(
  table: string,
  columns: readonly UnknownColumn[],
  isDeclared: boolean,
): SpillwayError {
  const named = columns.slice(0, mostNamed).map(describeColumn)
  const rest = columns.length > mostNamed ? ` and ${columns.length - mostNamed} more` : ''
  const list = `${named.join(', ')}${rest}`
  return new SpillwayError(
    'SPILLWAY_TABLE_UNKNOWN',
    isDeclared
      ? `The option \`types\` of the writer of "${table}" has no type for the column ${list}, which the row mapper returns.`
      : `The table "${table}" has no column ${list}: run the migration, or correct the row mapper.`,
  )
}

/** Only texts that look like names are logged, because a mapper may take its columns from a body. */
const identifier = /^[\p{L}_][\p{L}\p{N}_$]{0,62}$/u

function describeColumn({ given, name }: UnknownColumn): string {
  if (!identifier.test(given)) return '(whose name is not an identifier)'
  return given === name ? `"${given}"` : `"${given}" ("${name}" in the database)`
}

const errorName = /^[\p{L}_$][\p{L}\p{N}_$.]{0,63}$/u

function nameOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `${kindOf(thrown)}, which is not an Error`
  const name: unknown = thrown.name
  return typeof name === 'string' && errorName.test(name) ? withArticle(name) : 'an Error'
}

function withArticle(name: string): string {
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`
}

/** Describes a value without quoting it. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : 'a number that is not finite'
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : 'a date'
  if (isPromise(value)) return 'a promise'
  if ('toOperationNode' in value) return 'a Kysely expression'
  return 'an object'
}

/** An unhandled rejection would end the process. The promise itself is already reported. */
function ignoreRejection(promise: unknown): void {
  Promise.resolve(promise).catch(() => undefined)
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
