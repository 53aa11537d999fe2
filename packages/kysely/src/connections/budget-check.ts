import type { Logger } from '@spillway/message'

/** What a server allows, as far as it says so. */
export interface ServerLimits {
  /** Connections in all, without those that it keeps for its administrators. */
  readonly server: number
  /** Those of the role or user; `undefined` for no limit of its own. */
  readonly user?: number | undefined
  /** Those of the database; `undefined` for no limit of its own. */
  readonly database?: number | undefined
}

/** What the limits of a server are called in a sentence. */
export type LimitWords = Readonly<Record<keyof ServerLimits, string>>

/** A sentence for each limit of the server that the budget or an environment's share exceeds. */
export function contradictions(
  limits: ServerLimits,
  budget: number,
  share: number,
  words: LimitWords,
): readonly string[] {
  const said: string[] = []
  if (share > budget) {
    said.push(
      `One environment may open ${share} connections, more than the budget of ${budget} for all of them.`,
    )
  }
  for (const name of ['server', 'user', 'database'] as const) {
    const allowed = limits[name]
    if (allowed === undefined || budget <= allowed) continue
    said.push(`The budget is ${budget} connections, but ${words[name]} allows ${allowed}.`)
  }
  return said
}

/**
 * A check that runs once, on the first connection. It never throws and never takes longer than so many milliseconds,
 * and says whether the connection answered. A check that failed is logged: nobody is to believe that it passed.
 */
export function onceFor<Connection>(
  read: (connection: Connection) => Promise<readonly string[]>,
  { logger, sleep }: { readonly logger: Logger; sleep(): Promise<void> },
): (connection: Connection) => Promise<boolean> {
  let isDone = false
  return async function checkOnce(connection) {
    if (isDone) return true
    isDone = true
    const answer = read(connection).catch((error: unknown) => {
      logger.warn('The budget of connections was not compared with what the server allows.', { error })
      return []
    })
    const said = await Promise.race([answer, sleep().then(() => undefined)])
    if (said === undefined)
      logger.warn('The server does not answer what it allows: its connection is replaced.')
    for (const sentence of said ?? []) logger.warn(sentence)
    return said !== undefined
  }
}
