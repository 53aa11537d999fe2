import { randomUUID } from 'node:crypto'
import type { Clock } from '@spillway/message/internal'
import type { QueueDepth, StoredMessage } from '../engine.ts'
import { textsOf } from '../texts-of.ts'
import type { FifoDelivery, FifoMessage } from './fifo-message.ts'

/** What a receive asks for. */
export interface FifoReceive {
  /** 1 to 10. */
  readonly maximum: number
  /** Seconds. */
  readonly visibilityTimeout: number
  /** A message that was received more often goes to `deadLetter`. Infinite when there is no such queue. */
  readonly maxReceiveCount: number
  /** Takes a message out of this queue. */
  deadLetter(message: FifoMessage, receiveCount: number): void
}

/**
 * What became of a request with a receipt handle: `expired` when the message is there but is not in flight under this
 * handle, `gone` when there is no such message (any more).
 */
export type HandleResult = 'ok' | 'expired' | 'gone'

/** Messages in groups, each in the order of its arrival, of which one receive at a time may take. */
export interface FifoQueue {
  /** Puts a message at the end of its group. `receiveCount` is how often another queue delivered it. */
  add(message: FifoMessage, receiveCount?: number): void
  receive(request: FifoReceive): readonly FifoDelivery[]
  remove(receiptHandle: string): HandleResult
  /** Counts the seconds from now; 0 ends the flight. */
  changeVisibility(receiptHandle: string, seconds: number): HandleResult
  /** When the next message in flight is visible again, in milliseconds since the epoch; infinite when none is. */
  nextVisible(): number
  depth(): QueueDepth
  messages(): readonly StoredMessage[]
  clear(): void
}

interface Entry {
  readonly message: FifoMessage
  /** Those of all its receives. Only the last one is good. */
  readonly handles: string[]
  /** When its flight ends, in milliseconds since the epoch. */
  visibleAt: number
  receiveCount: number
  firstReceivedAt: number | undefined
}

/**
 * A FIFO queue as SQS has it (Amazon SQS Developer Guide, "FIFO queue delivery logic"): a receive returns as many
 * messages of a group as it may, in their order, before it goes on with the next group; while one message of a group is
 * in flight, none of that group is returned. A message that is visible again has kept its place.
 */
export function createFifoQueue(clock: Pick<Clock, 'now'>): FifoQueue {
  /** In the order in which they are served: one that was served goes to the end. */
  const groups = new Map<string, Entry[]>()
  const flying = new Set<Entry>()
  /** By each handle that was issued for a message that is still here. */
  const byHandle = new Map<string, Entry>()

  const all = () => [...groups.values()].flat()
  const isInFlight = (entry: Entry) => flying.has(entry) && clock.now() < entry.visibleAt

  /** Forgets the flights that have ended. */
  function land(): void {
    for (const entry of flying) if (!isInFlight(entry)) flying.delete(entry)
  }

  function drop(entry: Entry): void {
    const { groupId } = entry.message
    const entries = groups.get(groupId) ?? []
    entries.splice(entries.indexOf(entry), 1)
    if (entries.length === 0) groups.delete(groupId)
    flying.delete(entry)
    for (const handle of entry.handles) byHandle.delete(handle)
  }

  /** Runs `then` with the message that is in flight under a handle. */
  function withFlight(receiptHandle: string, then: (entry: Entry) => void): HandleResult {
    const entry = byHandle.get(receiptHandle)
    if (entry === undefined) return 'gone'
    if (entry.handles.at(-1) !== receiptHandle || !isInFlight(entry)) return 'expired'
    then(entry)
    return 'ok'
  }

  function deliver(entry: Entry, visibilityTimeout: number): FifoDelivery {
    const now = clock.now()
    const receiptHandle = randomUUID()
    entry.handles.push(receiptHandle)
    entry.receiveCount += 1
    entry.firstReceivedAt ??= now
    entry.visibleAt = now + visibilityTimeout * 1000
    flying.add(entry)
    byHandle.set(receiptHandle, entry)
    const { message, receiveCount, firstReceivedAt } = entry
    return { message, receiptHandle, receiveCount, firstReceivedAt }
  }

  /** Takes up to `maximum` messages from the front of a group of which none is in flight. */
  function takeFrom(entries: readonly Entry[], maximum: number, request: FifoReceive): FifoDelivery[] {
    const taken: FifoDelivery[] = []
    while (taken.length < maximum) {
      const entry = entries[taken.length]
      if (entry === undefined) break
      if (entry.receiveCount < request.maxReceiveCount) taken.push(deliver(entry, request.visibilityTimeout))
      else {
        drop(entry)
        request.deadLetter(entry.message, entry.receiveCount)
      }
    }
    return taken
  }

  return {
    add(message, receiveCount = 0) {
      const entry = { message, receiveCount, handles: [], visibleAt: 0, firstReceivedAt: undefined }
      const entries = groups.get(message.groupId)
      if (entries === undefined) groups.set(message.groupId, [entry])
      else entries.push(entry)
    },

    receive(request) {
      land()
      const locked = new Set([...flying].map(({ message }) => message.groupId))
      const taken: FifoDelivery[] = []
      for (const [groupId, entries] of [...groups]) {
        if (taken.length === request.maximum) break
        if (locked.has(groupId)) continue
        taken.push(...takeFrom(entries, request.maximum - taken.length, request))
        if (groups.delete(groupId)) groups.set(groupId, entries)
      }
      return taken
    },

    remove: (receiptHandle) => withFlight(receiptHandle, drop),

    changeVisibility: (receiptHandle, seconds) =>
      withFlight(receiptHandle, (entry) => {
        entry.visibleAt = clock.now() + seconds * 1000
      }),

    nextVisible() {
      land()
      return Math.min(...[...flying].map(({ visibleAt }) => visibleAt))
    },

    depth() {
      land()
      return { visible: all().length - flying.size, inFlight: flying.size, delayed: 0 }
    },

    messages: () =>
      all().map((entry) => ({
        messageId: entry.message.messageId,
        body: entry.message.body,
        attributes: textsOf(entry.message.messageAttributes),
        state: isInFlight(entry) ? 'in-flight' : 'visible',
        receiveCount: entry.receiveCount,
      })),

    clear() {
      groups.clear()
      flying.clear()
      byHandle.clear()
    },
  }
}
