import type { Outcome } from './outcome.ts'
import type { TimeLimit } from './ports.ts'

/**
 * Marks a watched handler. A registered symbol, because an app may have this module twice, in a bundle and beside it.
 */
export const watched: unique symbol = Symbol.for('spillway.watched') as never

/** Observes the outcomes of each batch of a handler. */
export interface Watcher<Handler> {
  /** The handler without its watcher. */
  readonly handler: Handler
  /**
   * Called when a batch begins, unless only a part of the dependencies is known to be down. Has to be synchronous and
   * quick.
   */
  begun?(limit: TimeLimit): void
  /**
   * Called before each wait of a batch that holds and retries, with the current outcome of each record. Has to be
   * synchronous and quick. Work that it starts may go on until `settled`, which gets the same limit.
   */
  held?(outcomes: readonly Outcome[], limit: TimeLimit): void
  /** Called with the final outcome of each record of a batch. Its errors are logged. */
  settled(outcomes: readonly Outcome[], limit: TimeLimit): Promise<void> | void
}

/** A handler and its watchers. */
export interface Unwatched<Handler> {
  readonly handler: Handler
  readonly watchers: readonly Watcher<Handler>[]
}

/** Separates a handler from its watchers. */
export function unwatch<Handler extends object>(handler: Handler): Unwatched<Handler> {
  const watchers: Watcher<Handler>[] = []
  let inner: Handler & { readonly [watched]?: Watcher<Handler> } = handler
  for (let watcher = inner[watched]; watcher !== undefined; watcher = inner[watched]) {
    watchers.push(watcher)
    inner = watcher.handler
  }
  return { handler: inner, watchers }
}
