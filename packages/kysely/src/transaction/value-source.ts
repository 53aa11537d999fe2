import { depthOf, insideOf, isOne, type Token } from './statement-tokens.ts'

/**
 * The source of a column's value, according to the text of a statement:
 *
 * - `given`: it is a parameter or a literal
 * - `computed`: operators compute it from a parameter and columns of the row, as in `balance + $1`
 * - `harmless`: a function that cannot fail returns it, such as `now()`
 * - `open`: anything else, a subquery for example
 */
export type ValueSource = 'given' | 'computed' | 'harmless' | 'open'

const harmless: ReadonlySet<string> = new Set([
  ...['now ( )', 'clock_timestamp ( )', 'statement_timestamp ( )', 'transaction_timestamp ( )'],
  ...[
    'gen_random_uuid ( )',
    'uuidv4 ( )',
    'uuidv7 ( )',
    'current_timestamp',
    'localtimestamp',
    'current_date',
  ],
])
const literals = ['null', 'true', 'false'] as const

/** See {@link ValueSource}. */
export function sourceOf(expression: readonly Token[]): ValueSource {
  if (isGiven(expression)) return 'given'
  if (harmless.has(expression.map(({ text }) => text).join(' '))) return 'harmless'
  return isComputed(expression) ? 'computed' : 'open'
}

function isGiven(tokens: readonly Token[]): boolean {
  const inside = insideOf(tokens)
  if (inside !== undefined) return isGiven(inside)
  const [first, second] = tokens
  if (first === undefined) return false
  if (isOne(first, '-', '+')) return second?.kind === 'number' && isCast(tokens.slice(2))
  if (isOne(first, 'cast')) {
    const value = insideOf(tokens.slice(1))
    const as = value?.findIndex((token) => isOne(token, 'as')) ?? -1
    return value !== undefined && as > 0 && isGiven(value.slice(0, as))
  }
  if (first.kind === 'word' && second?.kind === 'text') return isCast(tokens.slice(2))
  const isValue = ['parameter', 'number', 'text'].includes(first.kind) || isOne(first, ...literals)
  return isValue && isCast(tokens.slice(1))
}

/** Whether only `::type` follows a value. */
function isCast(tokens: readonly Token[]): boolean {
  if (tokens.length === 0) return true
  if (!isOne(tokens[0], '::')) return false
  return tokens.every(
    ({ kind, text }) => ['word', 'quoted', 'number'].includes(kind) || /^(?:::|[().,[\]])$/.test(text),
  )
}

/** Functions that only choose among their arguments. */
const choosing = ['coalesce', 'greatest', 'least', 'cast', 'in', 'and', 'or', 'not', 'when', 'then', 'else']

function isComputed(tokens: readonly Token[]): boolean {
  const isCalling = tokens.some(
    (token, index) =>
      isOne(token, '(') &&
      ['word', 'quoted'].includes(tokens[index - 1]?.kind ?? '') &&
      !isOne(tokens[index - 1], ...choosing),
  )
  const isReading = tokens.some((token) => isOne(token, 'select', 'values', 'table', 'with', 'default'))
  return !isCalling && !isReading && tokens.some(({ kind }) => kind === 'parameter')
}

const comparing = /^(?:=|<>|!=|<=?|>=?|\(|\)|,|\.|;|\*)$/
const before = ['and', 'or', 'not', 'in', 'where', 'any', 'by', 'conflict', 'values', 'returning', 'key']

/** Whether a part of a statement only compares columns with values, so that no value can fail there. */
export function isComparing(tokens: readonly Token[]): boolean {
  let isOfParameter = false
  return tokens.every((token, index) => {
    const previous = tokens[index - 1]
    if (isOne(token, 'select', 'from', 'join', 'using', 'case')) return false
    if (token.kind === 'word' && tokens[index + 1]?.kind === 'text' && !isOperator(token)) return false
    if (isOne(token, '::')) {
      isOfParameter = previous?.kind === 'parameter' || previous?.kind === 'text'
      return isOfParameter
    }
    if (isOne(token, '[', ']')) return isOfParameter
    if (depthOf(token) > 0 && ['word', 'quoted'].includes(previous?.kind ?? ''))
      return isOne(previous, ...before)
    return token.kind !== 'sign' || comparing.test(token.text)
  })
}

function isOperator(token: Token): boolean {
  return isOne(token, 'like', 'ilike', 'and', 'between', 'not', 'is')
}
