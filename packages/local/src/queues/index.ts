export type { QueueDepth, QueueEngine, QueueSpec, StoredMessage } from './engine.ts'
export { type QueuesOptions, startQueues } from './start-queues.ts'
