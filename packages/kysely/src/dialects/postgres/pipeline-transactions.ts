import type { QueryClient } from '../../connections/watch-queries.ts'
import { streamOf } from './stream-of.ts'

/** A transaction of one statement as one text: what opens it, its limits, the statement, and its end. */
export function transactionText(limits: readonly string[], statement: string): string {
  return `begin${limits.map((limit) => `; ${limit}`).join('')}; ${statement}; commit`
}

const pattern = /^(begin(?:; set local [a-z_]+ = \d+)*); (.*); commit$/s

/** The statement itself of a {@link transactionText}; any other text as it is. */
export function statementOf(text: string): string {
  return pattern.exec(text)?.[2] ?? text
}

/** A client of `pg` that can send a query before the one before it is answered (its option `pipeline`). */
interface PipeliningClient extends QueryClient {
  pipeline: boolean
}

/**
 * Has a client take a {@link transactionText} with parameters, which no server takes: it is sent as three queries at once,
 * so that the transaction costs one round trip rather than three. What is refused is rolled back, by the COMMIT itself.
 *
 * Any other query goes as it was, one at a time: a cursor, for example, cannot share a connection.
 */
export function pipelineTransactions(client: QueryClient): void {
  if (!('pipeline' in client)) return
  const pipelining = client as PipeliningClient
  const query = client.query.bind(client)
  client.query = (...parameters) => {
    const [text, values] = parameters
    const parts = typeof text === 'string' && Array.isArray(values) ? pattern.exec(text) : null
    return parts === null
      ? query(...parameters)
      : run(String(parts[1]), String(parts[2]), values as unknown[])
  }

  async function run(begin: string, statement: string, values: readonly unknown[]): Promise<unknown> {
    const before = pipelining.pipeline
    pipelining.pipeline = true
    try {
      // At once: the server opens the transaction while the statement is made into bytes.
      const opened = query(begin)
      const steps = await Promise.allSettled([opened, ...inOneWrite(statement, values)])
      for (const step of steps) if (step.status === 'rejected') throw step.reason
      const [, result, end] = steps.map((step) => (step.status === 'fulfilled' ? step.value : undefined))
      if ((end as { command?: unknown }).command !== 'COMMIT')
        throw new Error('the transaction was rolled back')
      return result
    } finally {
      pipelining.pipeline = before
    }
  }

  function inOneWrite(statement: string, values: readonly unknown[]): readonly unknown[] {
    const stream = streamOf(client)
    stream?.cork()
    try {
      return [query(statement, values), query('commit')]
    } finally {
      stream?.uncork()
    }
  }
}
