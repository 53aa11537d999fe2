export { type BatchResponse, readBatchResponse } from './batch-response.ts'
export { startEventSource } from './event-source.ts'
export type { SqsRecord } from './record.ts'
export type {
  EventSource,
  EventSourceOptions,
  EventSourceProblem,
  EventSourceSpec,
  EventSourceState,
  Invocable,
  InvocationResult,
} from './types.ts'
