import { errorsWithin } from '@spillway/message/internal'
import type { CompiledQuery } from 'kysely'
import { type WriteStatement, writesOf } from './statement-text.ts'

/** The statements of one run of a function, to find the failed one. */
export interface StatementLog {
  /** Runs a statement, and records it. */
  run<T>(query: CompiledQuery, statement: () => Promise<T>): Promise<T>
  /** Records a statement whose result is not known. */
  add(query: CompiledQuery): void
  /**
   * Whether a statement failed with the thrown error or one of its causes, so that the function did not create the
   * error itself.
   */
  hasFailed(thrown: unknown): boolean
  /** The statements that may have failed with an error: one, or all if COMMIT failed. */
  suspects(error: unknown): Suspects
}

/** Statements that may have failed. */
export interface Suspects {
  /** Equal for the same statements. */
  readonly id: string
  /** Whether any of them has parameters. Without parameters, a statement contains no data of a message. */
  readonly hasParameters: boolean
  /** The parsed writes; `undefined` if one of the statements cannot be parsed. */
  writes(): readonly WriteStatement[] | undefined
}

/** The log is bounded, because a function may build its statements from data. */
const mostTexts = 100

/** Creates a log of statements, with one entry for each text, which is parsed only when needed. */
export function createStatementLog(): StatementLog {
  const queries = new Map<string, CompiledQuery>()
  const failed = new Map<unknown, CompiledQuery>()
  let isComplete = true
  function add(query: CompiledQuery): void {
    if (queries.size < mostTexts) queries.set(query.sql, query)
    else isComplete &&= queries.has(query.sql)
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
        writes: () => (isComplete || own !== undefined ? writesOfAll(all) : undefined),
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
