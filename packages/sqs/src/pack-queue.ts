import type { Clock } from '@spillway/message/internal'
import { hasRoom, maxEntries, type PackedMessage } from './pack.ts'

/** A queue of messages that gathers packs. */
export interface PackQueue<Item> {
  add(item: Item): void
  /** Makes a pack of the messages that are gathering now. */
  flush(): void
  /** Takes the first messages that fit into one request. */
  take(): readonly Item[]
  remove(item: Item): void
}

/** What {@link createPackQueue} needs. */
export interface PackQueueOptions {
  /** The most milliseconds for which a pack gathers. */
  readonly maxWait: number
  readonly clock: Clock
  /** Called when a pack is full, or has gathered long enough. */
  onPack(): void
}

/** Creates an empty queue. */
export function createPackQueue<Item extends { readonly packed: PackedMessage }>({
  maxWait,
  clock,
  onPack,
}: PackQueueOptions): PackQueue<Item> {
  const queue = new Set<Item>()
  /** The pack that is gathering, at the end of the queue. */
  let count = 0
  let bytes = 0
  let gathering = new AbortController()

  async function flushLater(): Promise<void> {
    gathering = new AbortController()
    const { signal } = gathering
    await clock.sleep(maxWait, signal)
    if (!signal.aborted) flush()
  }

  function flush(): void {
    gathering.abort()
    count = 0
    bytes = 0
    onPack()
  }

  return {
    add(item) {
      if (!hasRoom(count, bytes, item.packed)) flush()
      queue.add(item)
      count++
      bytes += item.packed.bytes
      if (count === maxEntries) flush()
      else if (count === 1) void flushLater()
    },
    flush,
    take() {
      const pack: Item[] = []
      let packBytes = 0
      for (const item of queue) {
        if (!hasRoom(pack.length, packBytes, item.packed)) break
        pack.push(item)
        packBytes += item.packed.bytes
        queue.delete(item)
      }
      return pack
    },
    remove: (item) => void queue.delete(item),
  }
}
