import type { Clock } from '@spillway/message/internal'
import { statementOf } from '../dialects/postgres/pipeline-transactions.ts'

/** What a connection that is in use does. Times are in milliseconds since the epoch. */
export interface Activity {
  /** The pool that the connection is of. */
  readonly pool: string
  readonly takenAt: number
  /** When the transaction began that is open; `undefined` where none is. */
  readonly transactionAt: number | undefined
  /** Whether a statement is under way. */
  readonly isBusy: boolean
  /** When the last statement began, or ended where none is under way; `undefined` before the first of this use. */
  readonly statementAt: number | undefined
  /** The first words of that statement, without values; empty where there is nothing to say. */
  readonly words: string
}

/** What stands around a name in SQL. */
export type Quote = '"' | '`'

/** Notes what a connection does. */
export interface ActivityLog {
  /** A use of the connection begins, or has ended. */
  reset(): void
  began(text: unknown, values: unknown): void
  ended(): void
  read(): Omit<Activity, 'pool' | 'isBusy'>
}

/**
 * A log of one connection: it keeps the last statement alone, and reads its text only when it is asked.
 *
 * @param quote what stands around names in the database's SQL: in MySQL `"` stands around values
 */
export function createActivityLog(clock: Clock, quote: Quote): ActivityLog {
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
      words: last === undefined ? '' : firstWords(last.text, last.hasValues, quote),
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
const words: Readonly<Record<Quote, RegExp>> = {
  '"': /^[a-z]+(?:\s+(?:[a-z_][\w.]*|"\w+"(?:\."\w+")*)(?![\w'"&.]))*/i,
  '`': /^[a-z]+(?:\s+(?:[a-z_][\w.]*|`\w+`(?:\.`\w+`)*)(?![\w'"`.]))*/i,
}

/**
 * The words that a statement begins with, up to the first that may be a value. A statement without parameters may have
 * values anywhere: of such a one it is the first word alone.
 */
function firstWords(text: string, hasValues: boolean, quote: Quote): string {
  const found = (hasValues ? words[quote] : word).exec(statementOf(text).trimStart())?.[0] ?? ''
  const said = found.replace(/\s+/g, ' ')
  return said.length > mostWords ? `${said.slice(0, mostWords)}…` : said
}
