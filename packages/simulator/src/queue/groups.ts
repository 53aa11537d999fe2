import { createFifoList } from './fifo-list.ts'
import type { QueueMessage } from './message.ts'
import type { Shelf } from './shelf.ts'

interface Group {
  /** In the order in which they were sent, including those in flight. */
  readonly messages: QueueMessage[]
  inFlight: number
  isListed: boolean
}

/**
 * Creates the order of a FIFO queue: one line per group. While messages of a group are in flight, no other receive gets
 * messages of that group; one receive may get several.
 */
export function createGroups(): Shelf {
  const groupOf = createGroupMap()
  const ready = createReadyGroups()
  /** The group from which the current receive takes messages. Only that receive may continue with it. */
  let current: { readonly group: Group; place: number } | undefined

  function unblock(message: QueueMessage): void {
    const group = groupOf(message)
    group.inFlight -= 1
    ready.add(group)
  }

  return {
    add(message) {
      const group = groupOf(message)
      group.messages.push(message)
      ready.add(group)
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
        const group = ready.take()
        current = group && { group, place: 0 }
      }
      const message = current?.group.messages[current.place]
      if (current === undefined || message === undefined) return undefined
      current.place += 1
      current.group.inFlight += 1
      return message
    },
    isReady() {
      // The current receive has ended. Its group is served again when none of its messages is in flight.
      current = undefined
      return ready.hasSome()
    },
  }
}

/** Creates the groups when they are needed. */
function createGroupMap(): (message: QueueMessage) => Group {
  const groups = new Map<string, Group>()
  return function groupOf({ group: name }) {
    let group = groups.get(name)
    if (group === undefined) {
      group = { messages: [], inFlight: 0, isListed: false }
      groups.set(name, group)
    }
    return group
  }
}

/** The groups that have messages, none of them in flight. */
function createReadyGroups() {
  const list = createFifoList<Group>()

  /**
   * Skips groups that were listed although they are busy: the first message may have left during a receive of the
   * second.
   */
  function skipBusy(): void {
    for (let group = list.first(); group !== undefined; group = list.first()) {
      if (group.inFlight === 0 && group.messages.length > 0) return
      group.isListed = false
      list.shift()
    }
  }

  return {
    /** Adds a group, unless it is busy or empty. */
    add(group: Group): void {
      if (group.isListed || group.inFlight > 0 || group.messages.length === 0) return
      group.isListed = true
      list.push(group)
    },
    hasSome(): boolean {
      skipBusy()
      return list.first() !== undefined
    },
    take(): Group | undefined {
      skipBusy()
      const group = list.shift()
      if (group !== undefined) group.isListed = false
      return group
    },
  }
}
