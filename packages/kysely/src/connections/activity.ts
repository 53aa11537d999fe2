import type { Clock } from '@spillway/message/internal'

/** The activity of a connection in use. Times are in milliseconds since the epoch. */
export interface Activity {
  /** The pool of the connection. */
  readonly pool: string
  readonly takenAt: number
  /** When the open transaction began; `undefined` if none is open. */
  readonly transactionAt: number | undefined
  /** Whether a statement is running. */
  readonly isBusy: boolean
  /** When the last statement began, or ended if none is running; `undefined` before the first statement of this use. */
  readonly statementAt: number | undefined
  /** The first words of that statement, without values; may be empty. */
  readonly words: string
}

/** How to read the SQL of a driver. */
export interface SqlReader {
  /** The quotation mark of names. In MySQL, `"` quotes values. */
  readonly quote: '"' | '`'
  /** Extracts the statement from a text that also contains others. Default: the whole text. */
  statementOf?(text: string): string
}

/** Receives events about the statements of a connection. */
export interface QueryListener {
  /** A statement is sent: `query` is its text, or an object with the text, `values` are its parameters. */
  began(query: unknown, values: unknown): void
  /** The statement has succeeded, or failed with an error. */
  ended(error?: unknown): void
}

/** Records the activity of a connection. */
export interface ActivityLog {
  /** A use of the connection begins or ends. */
  reset(): void
  began(text: unknown, values: unknown): void
  ended(): void
  read(): Omit<Activity, 'pool' | 'isBusy'>
}

/**
 * A log of one connection: it keeps only the last statement, and parses its text only when it is read.
 */
export function createActivityLog(clock: Clock, reader: SqlReader): ActivityLog {
  let takenAt = clock.now()
  let transactionAt: number | undefined
  let statementAt: number | undefined
  let last: { readonly text: string; readonly hasValues: boolean } | undefined
  return {
    reset() {
      takenAt = clock.now()
      statementAt = undefined
      transactionAt = undefined
      last = undefined
    },
    began(query, values) {
      const text = textOf(query)
      statementAt = clock.now()
      last = { text, hasValues: hasElements(values) || hasElements(Object(query).values) }
      if (opens.test(text) && !closes.test(text)) transactionAt = statementAt
      else if (ends.test(text)) transactionAt = undefined
    },
    ended() {
      statementAt = clock.now()
    },
    read: () => ({
      takenAt,
      transactionAt,
      statementAt,
      words: last === undefined ? '' : firstWords(last.text, last.hasValues, reader),
    }),
  }
}

const opens = /^\s*(?:begin|start\s+transaction)\b/i
const closes = /;\s*(?:commit|rollback)\s*;?\s*$/i
const ends = /^\s*(?:commit|end|abort|rollback(?!\s+to\b))\b/i

function textOf(query: unknown): string {
  if (typeof query === 'string') return query
  const { text, sql } = Object(query) as { readonly text?: unknown; readonly sql?: unknown }
  return typeof text === 'string' ? text : typeof sql === 'string' ? sql : ''
}

function hasElements(values: unknown): boolean {
  return Array.isArray(values) && values.length > 0
}

const mostWords = 60

const word = /^[a-z]+/i
const words: Readonly<Record<SqlReader['quote'], RegExp>> = {
  '"': /^[a-z]+(?:\s+(?:[a-z_][\w.]*|"\w+"(?:\."\w+")*)(?![\w'"&.]))*/i,
  '`': /^[a-z]+(?:\s+(?:[a-z_][\w.]*|`\w+`(?:\.`\w+`)*)(?![\w'"`.]))*/i,
}

/**
 * The first words of a statement, up to the first word that may be a value. A statement without parameters may have
 * values anywhere: only its first word is used.
 */
function firstWords(text: string, hasValues: boolean, { quote, statementOf }: SqlReader): string {
  const found = (hasValues ? words[quote] : word).exec((statementOf?.(text) ?? text).trimStart())?.[0] ?? ''
  const said = found.replace(/\s+/g, ' ')
  return said.length > mostWords ? `${said.slice(0, mostWords)}…` : said
}

/** Information from a driver's pool about its connections. */
interface Source<Connection> extends SqlReader {
  /** The name of the pool's factory. */
  readonly name: string
  /** Identifies the database: see `databaseAddress`. */
  readonly database: string
  isBusy(connection: Connection): boolean
}

/** The activity of the connections of a pool. */
export interface ActivityBook<Connection> {
  log(connection: Connection): ActivityLog
  read(connection: Connection): Activity
}

/** Keeps a log for each connection of a pool. */
export function activityBook<Connection extends object>(
  source: Source<Connection>,
  clock: Clock,
): ActivityBook<Connection> {
  const pool = nameOf(source)
  const logs = new WeakMap<Connection, ActivityLog>()
  function log(connection: Connection): ActivityLog {
    const known = logs.get(connection)
    if (known !== undefined) return known
    const fresh = createActivityLog(clock, source)
    logs.set(connection, fresh)
    return fresh
  }
  return {
    log,
    read: (connection) => ({ ...log(connection).read(), pool, isBusy: source.isBusy(connection) }),
  }
}

/** The name of a pool in errors. The host is omitted: it may come from a text with a password. */
function nameOf({ name, database }: Pick<Source<never>, 'name' | 'database'>): string {
  const [, , named]: unknown[] = JSON.parse(database)
  return typeof named === 'string' ? `${name} to "${named}"` : name
}
