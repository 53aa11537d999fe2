import { SpillwayError } from '@spillway/message'
import { nearest } from '@spillway/message/internal'
import type { App } from './app.ts'

/**
 * One of the queues or streams of an app, by its name.
 *
 * @throws SpillwayError `SPILLWAY_APP_INVALID` when there is none with this name; the message suggests the nearest name.
 */
export function findNamed<Thing extends { readonly name: string }>(
  app: App,
  kind: 'queue' | 'stream',
  things: readonly Thing[],
  name: string,
): Thing {
  const found = things.find((thing) => thing.name === name)
  if (found !== undefined) return found
  const names = things.map((thing) => thing.name)
  const meant = nearest(name, names)
  const hint =
    meant === undefined ? `Its ${kind}s are: ${names.join(', ') || 'none'}.` : `Did you mean '${meant}'?`
  throw new SpillwayError('SPILLWAY_APP_INVALID', `The app '${app.name}' has no ${kind} '${name}'. ${hint}`)
}
