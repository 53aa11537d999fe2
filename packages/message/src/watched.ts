import type { Outcome } from './outcome.ts'
import type { TimeLimit } from './ports.ts'

/** Marks a handler that is watched. Registered, because an app may have this module twice: in a bundle and beside it. */
export const watched: unique symbol = Symbol.for('spillway.watched') as never

/** Hears what became of each batch of a handler. */
export interface Watcher<Handler> {
  /** The handler without its watcher. */
  readonly handler: Handler
  /** Hears that a batch begins, unless only a part of what records need is known to be down. It has to answer at once. */
  begun?(limit: TimeLimit): void
  /**
   * Gets the outcome of each record of a batch that waits and tries again, as it is before each wait. It has to answer at
   * once; what it begins may go on until the batch is settled, which comes with the same limit.
   */
  held?(outcomes: readonly Outcome[], limit: TimeLimit): void
  /** Gets the outcome of each record of a batch once all are known. What it throws is logged. */
  settled(outcomes: readonly Outcome[], limit: TimeLimit): Promise<void> | void
}

/** A handler without those who watch it. */
export interface Unwatched<Handler> {
  readonly handler: Handler
  readonly watchers: readonly Watcher<Handler>[]
}

/** Takes the watchers of a handler off. */
export function unwatch<Handler extends object>(handler: Handler): Unwatched<Handler> {
  const watchers: Watcher<Handler>[] = []
  let inner: Handler & { readonly [watched]?: Watcher<Handler> } = handler
  for (let watcher = inner[watched]; watcher !== undefined; watcher = inner[watched]) {
    watchers.push(watcher)
    inner = watcher.handler
  }
  return { handler: inner, watchers }
}
