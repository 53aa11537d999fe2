/**
 * The event source mapping between a queue and a function.
 *
 * @module
 */
export { startEventSource } from './event-source.ts'
export type { EventSourceProblem, EventSourceSpec } from './types.ts'
