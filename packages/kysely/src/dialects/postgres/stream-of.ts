/** What is used of a client's socket. */
interface Stream {
  readonly destroyed: boolean
  readonly readableEnded: boolean
  destroy(error?: Error | null): unknown
  once(event: 'end', run: () => void): unknown
  cork(): void
  uncork(): void
}

/** The socket of a client, which `pg` and `pg-pool` use without a word in their documentation. */
export function streamOf(client: object): Stream | undefined {
  return (client as { connection?: { stream?: Stream } }).connection?.stream
}
