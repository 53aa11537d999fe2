import type { Columns, ValueSources } from '../dialects/error-origin.ts'
import type { TableName } from '../dialects/table.ts'
import { insideOf, isOne, listOf, positionOf, type Token, tokensOf } from './statement-tokens.ts'
import { isComparing, sourceOf, type ValueSource } from './value-source.ts'

/** A statement that wrote to a table, according to its text. */
export interface WriteStatement {
  readonly table: TableName
  /** The columns that it supplies. */
  readonly columns: Columns
  readonly values: ValueSources
  readonly isUpdate: boolean
}

const reading = ['select', 'delete', 'set', 'savepoint', 'release', 'lock', 'show', 'explain'] as const

/**
 * Parses the writes of a statement; `undefined` if the text does not show them. Kysely's statements are parsed as text
 * too.
 */
export function writesOf(statement: string): readonly WriteStatement[] | undefined {
  const tokens = tokensOf(statement)
  if (tokens === undefined) return undefined
  const [first] = tokens
  if (isOne(first, ...reading)) return []
  const write = isOne(first, 'update') ? updateOf(tokens) : insertOf(tokens)
  return write && [write]
}

type Sources = Map<string, ValueSource[]>

function updateOf(tokens: readonly Token[]): WriteStatement | undefined {
  const start = isOne(tokens[1], 'only') ? 2 : 1
  const set = positionOf(tokens, start, 'set')
  const named = nameAt(tokens, start)
  if (named === undefined || !isAlias(tokens.slice(named.end, set))) return undefined
  const end = positionOf(tokens, set, 'from', 'where', 'returning', 'order', 'limit', ';')
  const sources = assignmentsOf(tokens.slice(set + 1, end))
  return sources && writeOf(named.table, sources, isComparing(tokens.slice(end)), true)
}

function insertOf(tokens: readonly Token[]): WriteStatement | undefined {
  const into = tokens.findIndex((token) => isOne(token, 'into'))
  const isInsert = isOne(tokens[0], 'insert', 'replace') && into > 0 && into <= 3
  const named = isInsert ? nameAt(tokens, into + 1) : undefined
  if (named === undefined) return undefined
  const start = positionOf(tokens, named.end, 'values', 'select', 'default', 'overriding')
  const list = positionOf(tokens, named.end, '(')
  const names = list < start ? insideOf(tokens.slice(list, start)) : undefined
  if (!isAlias(tokens.slice(named.end, Math.min(list, start)))) return undefined
  if (names === undefined && list < start) return undefined
  const source = positionOf(tokens, start, 'values', 'select', 'default')
  const end = positionOf(tokens, source + 1, 'on', 'returning', ';')
  const rows = rowsOf(tokens.slice(source, end))
  // This `on` may belong to a join.
  const isParsedToEnd =
    end === tokens.length || isOne(tokens[end], 'returning', ';') || isConflict(tokens[end + 1])
  const updates = updatesOf(tokens.slice(end))
  if (rows === undefined || updates === undefined) return undefined
  const isPlain = rows.isPlain && isParsedToEnd && isComparing(updates.rest)
  const sources: Sources = new Map(updates.sources)
  if (names === undefined) return withoutList(named.table, rows, updates.sources, isPlain)
  for (const [index, [name]] of listOf(names).entries()) {
    if (name === undefined) continue
    const all = rows.rows.map((row) => sourceOf(row[index] ?? []))
    sources.set(name.text, [...(sources.get(name.text) ?? []), ...all])
  }
  return writeOf(named.table, sources, isPlain, false)
}

interface Rows {
  readonly rows: readonly (readonly (readonly Token[])[])[]
  /** Whether they are a list of rows, unlike a query, which may fail because of the rows that it reads. */
  readonly isPlain: boolean
  readonly isDefault?: boolean
}

function rowsOf(tokens: readonly Token[]): Rows | undefined {
  const [first, ...rest] = tokens
  if (isOne(first, 'default')) return { rows: [], isPlain: true, isDefault: true }
  if (isOne(first, 'select')) {
    const isOfAll = positionOf(rest, 0, 'union', 'intersect', 'except') < rest.length
    const end = positionOf(rest, 0, 'from', 'where', 'group', 'order', 'limit')
    // `select distinct a, b` does not begin with a value: its source is `open`.
    const row = isOfAll ? [] : listOf(rest.slice(0, end)).map(withoutAlias)
    return { rows: [row], isPlain: end === rest.length && !isOfAll }
  }
  if (!isOne(first, 'values')) return undefined
  const rows = listOf(rest).map(insideOf)
  return rows.every((row) => row !== undefined) ? { rows: rows.map(listOf), isPlain: true } : undefined
}

function withoutAlias(tokens: readonly Token[]): readonly Token[] {
  return isOne(tokens.at(-2), 'as') ? tokens.slice(0, -2) : tokens
}

function isConflict(token: Token | undefined): boolean {
  return isOne(token, 'conflict', 'duplicate')
}

interface Updates {
  readonly sources: Sources
  readonly rest: readonly Token[]
}

/**
 * The columns that `on conflict do update set` and `on duplicate key update` set. `excluded` refers to the values of
 * the rows.
 */
function updatesOf(tokens: readonly Token[]): Updates | undefined {
  const isDuplicate = isOne(tokens[1], 'duplicate')
  const start = positionOf(tokens, 0, isDuplicate ? 'update' : 'set')
  const end = positionOf(tokens, start, 'where', 'returning', ';')
  const rest = [...tokens.slice(0, start), ...tokens.slice(end)]
  if (start === tokens.length) return { sources: new Map(), rest }
  const all = assignmentsOf(tokens.slice(start + 1, end))
  if (all === undefined) return undefined
  return { sources: all, rest: rest.filter((token) => !isOne(token, 'do', 'update')) }
}

/** The columns of `a = 1, b = 2`. */
function assignmentsOf(tokens: readonly Token[]): Sources | undefined {
  const sources: Sources = new Map()
  for (const part of listOf(tokens)) {
    const equals = positionOf(part, 0, '=')
    const name = part[equals - 1]
    if (equals === part.length || name === undefined) return undefined
    const value = part.slice(equals + 1)
    const names = insideOf(part.slice(0, equals))
    if (names !== undefined) {
      for (const [column] of listOf(names)) if (column !== undefined) sources.set(column.text, ['open'])
    } else if (name.kind === 'word' || name.kind === 'quoted') {
      const excluded =
        isOne(value[0], 'excluded') || (value[0]?.kind === 'quoted' && value[0].text === 'excluded')
      const isSame = excluded && value.length === 3 && value[2]?.text === name.text
      sources.set(name.text, isSame ? [] : [sourceOf(value)])
    } else return undefined
  }
  return sources
}

function writeOf(table: TableName, sources: Sources, isPlain: boolean, isUpdate: boolean): WriteStatement {
  const areAll = (name: string, ...kinds: readonly ValueSource[]) =>
    sources.get(name)?.every((source) => kinds.includes(source)) === true
  const isSure = [...sources.keys()].every((name) => areAll(name, 'given', 'harmless'))
  return {
    table,
    columns: new Set(sources.keys()),
    isUpdate,
    values: {
      given: { has: (name) => areAll(name, 'given') },
      computed: { has: (name) => areAll(name, 'given', 'computed') },
      isPlain: isPlain && isSure,
    },
  }
}

/** Without a list of columns, the statement supplies each column, but does not show to which column a value belongs. */
function withoutList(table: TableName, rows: Rows, updates: Sources, isPlain: boolean): WriteStatement {
  const all = [...rows.rows.flatMap((row) => row.map(sourceOf)), ...[...updates.values()].flat()]
  const isEach = (...kinds: readonly ValueSource[]) => all.every((source) => kinds.includes(source))
  const columns: Columns = rows.isDefault === true ? new Set(updates.keys()) : { has: () => true }
  return {
    table,
    columns,
    isUpdate: false,
    values: {
      given: { has: () => isEach('given') },
      computed: { has: () => isEach('given', 'computed') },
      isPlain: isPlain && isEach('given', 'harmless'),
    },
  }
}

function nameAt(
  tokens: readonly Token[],
  start: number,
): { readonly table: TableName; readonly end: number } | undefined {
  const [first, dot, second] = tokens.slice(start, start + 3)
  if (!isName(first)) return undefined
  if (!isOne(dot, '.')) return { table: { schema: undefined, name: first.text }, end: start + 1 }
  return isName(second) ? { table: { schema: first.text, name: second.text }, end: start + 3 } : undefined
}

function isName(token: Token | undefined): token is Token {
  return token?.kind === 'word' || token?.kind === 'quoted'
}

function isAlias(tokens: readonly Token[]): boolean {
  const [name, ...rest] = isOne(tokens[0], 'as') ? tokens.slice(1) : tokens
  return rest.length === 0 && (name === undefined || isName(name))
}
