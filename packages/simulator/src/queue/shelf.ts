import type { QueueMessage } from './message.ts'

/** The order of the messages of a queue. */
export interface Shelf {
  add(message: QueueMessage): void
  /** A message in flight became visible. */
  returned(message: QueueMessage): void
  /** A message in flight left the queue. */
  left(message: QueueMessage): void
  next(): QueueMessage | undefined
  isReady(): boolean
}
