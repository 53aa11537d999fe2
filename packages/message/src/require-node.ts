import { SpillwayError } from './error.ts'

/**
 * Refuses a Node before 22. The packages use `Map.groupBy`, `Promise.withResolvers` and the source text of a number in
 * `JSON.parse`; without this check the first request or batch that needs one of them fails.
 *
 * @throws SpillwayError `SPILLWAY_NODE_UNSUPPORTED`
 */
export function requireNode(): void {
  if (typeof Promise.withResolvers === 'function') return
  throw new SpillwayError(
    'SPILLWAY_NODE_UNSUPPORTED',
    `Spillway needs Node 22 or newer; this is Node ${process.versions.node}.`,
  )
}
