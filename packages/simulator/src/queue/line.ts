import { createFifoList } from './fifo-list.ts'
import type { QueueMessage } from './message.ts'
import type { Shelf } from './shelf.ts'

/** Creates the order of a standard queue: a single line. */
export function createLine(): Shelf {
  const line = createFifoList<QueueMessage>()
  function skipGone(): void {
    while (line.first() !== undefined && line.first()?.state !== 'waiting') line.shift()
  }
  return {
    add: line.push,
    returned: line.push,
    left: () => undefined,
    next() {
      skipGone()
      return line.shift()
    },
    isReady() {
      skipGone()
      return line.first() !== undefined
    },
  }
}
