/** What fauxqs forgets of a message that it accepts. */
export interface SentFacts {
  /** The name of the queue that the message was sent to. */
  readonly queue: string
  /** The message group, which a standard queue may have as well. */
  readonly groupId: string | undefined
  readonly traceHeader: string | undefined
}

/** By the body as fauxqs holds it: it keeps the very object, in a dead-letter queue too. */
const known = new WeakMap<object, SentFacts>()

/** Notes the facts of a message. Nothing has to be forgotten: they go with its body. */
export function noteSent(body: object, facts: SentFacts): void {
  known.set(body, facts)
}

/** The facts of a message; `undefined` for a body that is not as fauxqs holds it. */
export function sentFactsOf(body: unknown): SentFacts | undefined {
  return typeof body === 'object' && body !== null ? known.get(body) : undefined
}
