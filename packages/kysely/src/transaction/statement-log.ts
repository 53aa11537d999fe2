import { errorsWithin } from '@spillway/message/internal'
import type { CompiledQuery } from 'kysely'
import { type WriteStatement, writesOf } from './statement-text.ts'

/** The statements of one run of a function, for the case that one of them fails. */
export interface StatementLog {
  /** Runs a statement, and notes it. */
  run<T>(query: CompiledQuery, statement: () => Promise<T>): Promise<T>
  /** Notes a statement of which it is not known how it ends. */
  add(query: CompiledQuery): void
  /** Whether a statement failed with what was thrown, or with what lies beneath it: it is not of the function's own making. */
  hasFailed(thrown: unknown): boolean
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
    hasFailed: (thrown) => errorsWithin(thrown).some((error) => failed.has(error)),
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
  for (const { sql } of queries) {
    const writes = writesOf(sql)
    if (writes === undefined) return undefined
    found.push(...writes)
  }
  return found
}
