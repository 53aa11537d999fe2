export type { QueueDepth, QueueEngine, StoredMessage } from './engine.ts'
export { startQueues } from './start-queues.ts'
