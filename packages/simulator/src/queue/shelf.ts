import type { QueueMessage } from './queue.ts'

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

/** Creates the order of a standard queue: a single line. */
export function createLine(): Shelf {
  const line = createFifo<QueueMessage>()
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

interface Group {
  /** In the order in which they were sent, including those in flight. */
  messages: QueueMessage[]
  inFlight: number
  isListed: boolean
}

/**
 * Creates the order of a FIFO queue: a line per group. While messages of a group are in flight, no other receive gets
 * messages of that group; one receive may get several.
 */
export function createGroups(): Shelf {
  const groups = new Map<string, Group>()
  const ready = createFifo<Group>()
  /** The group from which the current receive takes messages. Only that receive may continue with it. */
  let current: { readonly group: Group; place: number } | undefined

  function groupOf({ group: name }: QueueMessage): Group {
    let group = groups.get(name)
    if (group === undefined) {
      group = { messages: [], inFlight: 0, isListed: false }
      groups.set(name, group)
    }
    return group
  }

  function list(group: Group): void {
    if (group.isListed || group.inFlight > 0 || group.messages.length === 0) return
    group.isListed = true
    ready.push(group)
  }

  /**
   * Skips groups that were listed although they are busy: the first message may have left during a receive of the
   * second.
   */
  function skipBusy(): void {
    for (let group = ready.first(); group !== undefined; group = ready.first()) {
      if (group.inFlight === 0 && group.messages.length > 0) return
      group.isListed = false
      ready.shift()
    }
  }

  function unblock(message: QueueMessage): void {
    const group = groupOf(message)
    group.inFlight -= 1
    list(group)
  }

  return {
    add(message) {
      const group = groupOf(message)
      group.messages.push(message)
      list(group)
    },
    returned: unblock,
    left(message) {
      const group = groupOf(message)
      group.messages.splice(group.messages.indexOf(message), 1)
      if (current?.group === group) current.place = Math.max(0, current.place - 1)
      unblock(message)
    },
    next() {
      if (current === undefined || current.place >= current.group.messages.length) {
        skipBusy()
        const group = ready.shift()
        if (group === undefined) {
          current = undefined
          return undefined
        }
        group.isListed = false
        current = { group, place: 0 }
      }
      const message = current.group.messages[current.place]
      if (message === undefined) return undefined
      current.place += 1
      current.group.inFlight += 1
      return message
    },
    isReady() {
      // The current receive has ended. Its group is served again when none of its messages is in flight.
      current = undefined
      skipBusy()
      return ready.first() !== undefined
    },
  }
}

/** A queue that is fast at both ends. */
function createFifo<Item>() {
  let items: Item[] = []
  let head = 0
  return {
    push: (item: Item) => void items.push(item),
    first: (): Item | undefined => items[head],
    shift(): Item | undefined {
      const item = items[head]
      if (item === undefined) return undefined
      head += 1
      if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
  }
}
