import type { QueueMessage } from './queue.ts'

/** How messages are kept in order. */
export interface Shelf {
  add(message: QueueMessage): void
  /** A message in flight became visible. */
  returned(message: QueueMessage): void
  /** A message in flight left the queue. */
  left(message: QueueMessage): void
  next(): QueueMessage | undefined
  isReady(): boolean
}

/** A standard queue: one line. */
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
  /** In the order in which they were sent, those in flight included. */
  messages: QueueMessage[]
  inFlight: number
  isListed: boolean
}

/**
 * A FIFO queue: a line for each group. While a message of a group is in flight no other of the group is handed out; one
 * receive may take several.
 */
export function createGroups(): Shelf {
  const groups = new Map<string, Group>()
  const ready = createFifo<Group>()
  /** The group of which a receive takes messages: until another receive, it may go on. */
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

  /** A group whose first message left may have been listed while the receive went on to its second. */
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
      // A receive is over once somebody asks: its group is in flight, and has its turn again when nothing of it is.
      current = undefined
      skipBusy()
      return ready.first() !== undefined
    },
  }
}

/** A line that is cheap at both ends. */
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
