/** The part of a `pg` client that {@link onRejectedQuery} needs. */
export interface QueryClient {
  query(...parameters: unknown[]): unknown
}

/**
 * Has a listener told what each later statement of a client is rejected with. Whoever sent the statement gets the
 * error all the same; a cursor or a callback in place of a promise is passed through unseen.
 */
export function onRejectedQuery(client: QueryClient, listener: (error: unknown) => void): void {
  const query = client.query.bind(client)
  client.query = (...parameters) => {
    const answer = query(...parameters)
    if (answer instanceof Promise) answer.catch(listener)
    return answer
  }
}
