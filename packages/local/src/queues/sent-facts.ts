/** What fauxqs does not store about a message. */
export interface SentFacts {
  /** The name of the queue that the message was sent to. */
  readonly queue: string
  /** The message group, which a standard queue may have as well. */
  readonly groupId: string | undefined
  readonly traceHeader: string | undefined
}

/** By the body object: fauxqs keeps the same object, also in a dead-letter queue. */
const known = new WeakMap<object, SentFacts>()

/** Notes the facts of a message. They are garbage-collected with its body. */
export function noteSent(body: object, facts: SentFacts): void {
  known.set(body, facts)
}

/** The facts of a message; `undefined` for a body that was not noted. */
export function sentFactsOf(body: unknown): SentFacts | undefined {
  return typeof body === 'object' && body !== null ? known.get(body) : undefined
}
