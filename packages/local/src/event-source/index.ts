/**
 * The event source mapping between a queue and a function.
 *
 * @module
 */
export { startEventSource } from './event-source.ts'
export type {
  EventSource,
  EventSourceOptions,
  EventSourceProblem,
  EventSourceSpec,
  EventSourceState,
} from './types.ts'
