import { type RecordSource, SpillwayError } from '@spillway/message'
import type { InvocationContext } from './deadline.ts'

/**
 * The records that a source middleware put on an event.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` when there are none.
 */
export function sourceOf(event: unknown): RecordSource {
  const { source } = Object(event) as { readonly source?: RecordSource }
  // In an event of EventBridge `source` is a string.
  if (Array.isArray(Object(source).records)) return source as RecordSource
  throw new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    'There are no records under event.source: put a source middleware, for example sqsSource(), before batch().',
  )
}

/**
 * Checks that a handler got the context of Lambda, which says how much time is left.
 *
 * @throws SpillwayError `SPILLWAY_CONTEXT_MISSING` when it does not.
 */
export function checkContext(context: unknown): asserts context is InvocationContext {
  const { getRemainingTimeInMillis } = Object(context) as Partial<InvocationContext>
  const remaining: unknown =
    typeof getRemainingTimeInMillis === 'function' && getRemainingTimeInMillis.call(context)
  if (typeof remaining === 'number' && !Number.isNaN(remaining)) return
  throw new SpillwayError(
    'SPILLWAY_CONTEXT_MISSING',
    'batch() needs the context of Lambda, and its getRemainingTimeInMillis(), to know how much time is left: pass it on. In a test use invoke() of @spillway/batch/testing, or pass { getRemainingTimeInMillis: () => 30_000 }.',
  )
}
