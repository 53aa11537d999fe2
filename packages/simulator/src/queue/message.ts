/** A message in a queue. */
export interface QueueMessage {
  /** Its number, from 0, which is part of its key and its id. */
  readonly number: number
  readonly sentAt: number
  /** The message group of a FIFO queue. */
  readonly group: string
  receiveCount: number
  visibleAt: number
  state: 'waiting' | 'in flight' | 'deleted' | 'dead' | 'expired'
}
