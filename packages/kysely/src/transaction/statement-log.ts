import {
  ColumnNode,
  type CompiledQuery,
  type InsertQueryNode,
  type OperationNode,
  SchemableIdentifierNode,
  TableNode,
} from 'kysely'
import type { Columns } from '../engines/culprit.ts'
import type { TableName } from '../writer/catalogue.ts'

/** A statement that wrote to a table, as far as its text tells. */
export interface WriteStatement {
  readonly table: TableName
  readonly columns: Columns
  readonly isUpdate: boolean
}

/** The statements of one run of a function, for the case that one of them fails. */
export interface StatementLog {
  /** Runs a statement, and notes it. */
  run<T>(query: CompiledQuery, statement: () => Promise<T>): Promise<T>
  /** Notes a statement of which it is not known how it ends. */
  add(query: CompiledQuery): void
  /** The statements that may have failed with an error: one, or all where COMMIT failed. */
  suspects(error: unknown): Suspects
}

/** Statements that may have failed. */
export interface Suspects {
  /** The same for the same statements. */
  readonly id: string
  /** Whether any of them has a value beside its text. Without one, nothing of a message is in it. */
  readonly hasParameters: boolean
  /** The statements that wrote; `undefined` when one of them cannot be told. */
  writes(): readonly WriteStatement[] | undefined
}

/** A function may make its statements out of data: what is remembered has a bound. */
const mostTexts = 100

/** A log of statements: one entry for each text, read only when it is asked. */
export function createStatementLog(): StatementLog {
  const queries = new Map<string, CompiledQuery>()
  const failed = new Map<unknown, CompiledQuery>()
  let isWhole = true
  function add(query: CompiledQuery): void {
    if (queries.size < mostTexts) queries.set(query.sql, query)
    else isWhole &&= queries.has(query.sql)
  }
  return {
    add,
    async run(query, statement) {
      add(query)
      try {
        return await statement()
      } catch (error) {
        failed.set(error, query)
        throw error
      }
    },
    suspects(error) {
      const own = failed.get(error)
      const all = own === undefined ? [...queries.values()] : [own]
      return {
        id: JSON.stringify(all.map(({ sql }) => sql)),
        hasParameters: all.some(({ parameters }) => parameters.length > 0),
        writes: () => (isWhole || own !== undefined ? writesOfAll(all) : undefined),
      }
    },
  }
}

function writesOfAll(queries: readonly CompiledQuery[]): readonly WriteStatement[] | undefined {
  const found: WriteStatement[] = []
  for (const { sql, query } of queries) {
    const writes = writesOf(sql, query)
    if (writes === undefined) return undefined
    found.push(...writes)
  }
  return found
}

const every: Columns = { has: () => true }

function writesOf(text: string, node: OperationNode): readonly WriteStatement[] | undefined {
  switch (node.kind) {
    case 'InsertQueryNode':
      return insertOf(node as InsertQueryNode)
    case 'UpdateQueryNode': {
      const table = tableOf(Reflect.get(node, 'table'))
      return table && Reflect.get(node, 'with') === undefined
        ? [{ table, columns: every, isUpdate: true }]
        : undefined
    }
    case 'SelectQueryNode':
      return Reflect.get(node, 'with') === undefined ? [] : undefined
    case 'DeleteQueryNode':
      return Reflect.get(node, 'with') === undefined ? [] : undefined
    case 'RawNode':
      return textOf(text)
    default:
      return undefined
  }
}

function insertOf(node: InsertQueryNode): readonly WriteStatement[] | undefined {
  const table = tableOf(node.into)
  if (table === undefined || node.with !== undefined) return undefined
  const updates = [...(node.onConflict?.updates ?? []), ...(node.onDuplicateKey?.updates ?? [])]
  const names = [
    ...(node.columns ?? []).map(({ column }) => column.name),
    ...updates.flatMap(({ column }) => (ColumnNode.is(column) ? [column.column.name] : [])),
  ]
  const columns = node.columns === undefined && node.defaultValues !== true ? every : new Set(names)
  return [{ table, columns, isUpdate: false }]
}

function tableOf(node: unknown): TableName | undefined {
  if (!isNode(node) || !TableNode.is(node) || !SchemableIdentifierNode.is(node.table)) return undefined
  const { schema, identifier } = node.table
  return { schema: schema?.name, name: identifier.name }
}

function isNode(value: unknown): value is OperationNode {
  return typeof value === 'object' && value !== null && 'kind' in value
}

const identifier = String.raw`(?:"[^"]+"|` + '`[^`]+`' + String.raw`|[\w$]+)`
const insert = new RegExp(
  String.raw`^\s*insert\s+into\s+(?:(${identifier})\s*\.\s*)?(${identifier})\s*(?:\(([^()]*)\)\s*)?(values|select|default)\b`,
  'i',
)
const update = new RegExp(String.raw`^\s*update\s+(?:(${identifier})\s*\.\s*)?(${identifier})\s`, 'i')

/** What a statement that Kysely did not make says at its beginning. */
function textOf(text: string): readonly WriteStatement[] | undefined {
  if (/^\s*(?:select|delete|set|savepoint|release|lock|show|explain)\b/i.test(text)) return []
  const updated = update.exec(text)
  if (updated !== null) {
    return [{ table: nameOf(updated), columns: every, isUpdate: true }]
  }
  const inserted = insert.exec(text)
  if (inserted === null) return undefined
  const [, , , list, source = ''] = inserted
  const none = source.toLowerCase() === 'default' ? new Set<string>() : every
  // What a conflict updates is supplied as well; where, the text does not tell that easily.
  if (list === undefined || /\b(?:conflict|duplicate)\b/i.test(text)) {
    return list === undefined ? [{ table: nameOf(inserted), columns: none, isUpdate: false }] : undefined
  }
  return [{ table: nameOf(inserted), columns: new Set(list.split(',').map(plain)), isUpdate: false }]
}

function nameOf([, schema, name = '']: RegExpExecArray): TableName {
  return { schema: schema === undefined ? undefined : plain(schema), name: plain(name) }
}

function plain(name: string): string {
  const trimmed = name.trim()
  return /^["`]/.test(trimmed) ? trimmed.slice(1, -1) : trimmed.toLowerCase()
}
