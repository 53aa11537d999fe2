import { randomUUID } from 'node:crypto'
import type { Clock } from '@spillway/message/internal'
import type { QueueDepth, StoredMessage } from '../engine.ts'
import { textsOf } from '../texts-of.ts'
import type { FifoDelivery, FifoMessage } from './fifo-message.ts'

/** The parameters of a receive. */
export interface FifoReceive {
  /** 1 to 10. */
  readonly maximum: number
  /** Seconds. */
  readonly visibilityTimeout: number
  /** A message that was received more often goes to `deadLetter`. Infinite when there is no such queue. */
  readonly maxReceiveCount: number
  /** Moves a message to the dead-letter queue. */
  deadLetter(message: FifoMessage, receiveCount: number): void
}

/**
 * The result of a request with a receipt handle: `expired` when the message exists but is not in flight under this
 * handle, `gone` when the message does not exist.
 */
export type HandleResult = 'ok' | 'expired' | 'gone'

/** Messages in groups, in the order of arrival. Only one receive at a time has messages of a group in flight. */
export interface FifoQueue {
  /** Adds a message at the end of its group. `receiveCount` is how often its source queue has delivered it. */
  add(message: FifoMessage, receiveCount?: number): void
  receive(request: FifoReceive): readonly FifoDelivery[]
  remove(receiptHandle: string): HandleResult
  /** Sets the visibility time-out, counted from now; 0 makes the message visible. */
  changeVisibility(receiptHandle: string, seconds: number): HandleResult
  /** When the next message in flight is visible again, in milliseconds since the epoch; infinite when none is. */
  nextVisible(): number
  depth(): QueueDepth
  messages(): readonly StoredMessage[]
  clear(): void
}

interface Entry {
  readonly message: FifoMessage
  /** The handles of all its receives. Only the last one is valid. */
  readonly handles: string[]
  /** When it becomes visible again, in milliseconds since the epoch. */
  visibleAt: number
  receiveCount: number
  firstReceivedAt: number | undefined
}

/**
 * Creates a FIFO queue that delivers as SQS does (Amazon SQS Developer Guide, "FIFO queue delivery logic"): a receive
 * returns as many messages of a group as it may, in order, before it continues with the next group. While a message of
 * a group is in flight, no other of that group is returned. A message that becomes visible again keeps its place.
 */
export function createFifoQueue(clock: Pick<Clock, 'now'>): FifoQueue {
  /** In the order in which they are served: a group that was served moves to the end. */
  const groups = new Map<string, Entry[]>()
  const flights = createFlights(clock)

  const all = () => [...groups.values()].flat()

  function drop(entry: Entry): void {
    const { groupId } = entry.message
    const entries = groups.get(groupId) ?? []
    entries.splice(entries.indexOf(entry), 1)
    if (entries.length === 0) groups.delete(groupId)
    flights.forget(entry)
  }

  return {
    add(message, receiveCount = 0) {
      const entry = { message, receiveCount, handles: [], visibleAt: 0, firstReceivedAt: undefined }
      const entries = groups.get(message.groupId)
      if (entries === undefined) groups.set(message.groupId, [entry])
      else entries.push(entry)
    },

    receive(request) {
      const locked = new Set(flights.list().map(({ message }) => message.groupId))
      const taken: FifoDelivery[] = []
      for (const [groupId, entries] of [...groups]) {
        if (taken.length === request.maximum) break
        if (locked.has(groupId)) continue
        taken.push(...takeFrom(entries, request.maximum - taken.length, request, flights, drop))
        if (groups.delete(groupId)) groups.set(groupId, entries)
      }
      return taken
    },

    remove: (receiptHandle) => flights.with(receiptHandle, drop),

    changeVisibility: (receiptHandle, seconds) =>
      flights.with(receiptHandle, (entry) => {
        entry.visibleAt = clock.now() + seconds * 1000
      }),

    nextVisible: () => Math.min(...flights.list().map(({ visibleAt }) => visibleAt)),

    depth() {
      const inFlight = flights.list().length
      return { visible: all().length - inFlight, inFlight, delayed: 0 }
    },

    messages: () => all().map((entry) => toStored(entry, flights.has(entry))),

    clear() {
      groups.clear()
      flights.clear()
    },
  }
}

/** Takes up to `maximum` messages from the front of a group without a message in flight. `drop` shortens `entries`. */
function takeFrom(
  entries: readonly Entry[],
  maximum: number,
  request: FifoReceive,
  flights: ReturnType<typeof createFlights>,
  drop: (entry: Entry) => void,
): FifoDelivery[] {
  const taken: FifoDelivery[] = []
  while (taken.length < maximum) {
    const entry = entries[taken.length]
    if (entry === undefined) break
    if (entry.receiveCount < request.maxReceiveCount) {
      taken.push(flights.start(entry, request.visibilityTimeout))
    } else {
      drop(entry)
      request.deadLetter(entry.message, entry.receiveCount)
    }
  }
  return taken
}

/** The messages in flight, and the receipt handles of all messages of the queue. */
function createFlights(clock: Pick<Clock, 'now'>) {
  const flying = new Set<Entry>()
  /** By every handle that was issued for a message of the queue. */
  const byHandle = new Map<string, Entry>()

  const has = (entry: Entry) => flying.has(entry) && clock.now() < entry.visibleAt

  return {
    has,
    list(): readonly Entry[] {
      for (const entry of flying) if (!has(entry)) flying.delete(entry)
      return [...flying]
    },
    start(entry: Entry, visibilityTimeout: number): FifoDelivery {
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
    },
    /** Calls `then` with the message that is in flight under a handle. */
    with(receiptHandle: string, then: (entry: Entry) => void): HandleResult {
      const entry = byHandle.get(receiptHandle)
      if (entry === undefined) return 'gone'
      if (entry.handles.at(-1) !== receiptHandle || !has(entry)) return 'expired'
      then(entry)
      return 'ok'
    },
    forget(entry: Entry): void {
      flying.delete(entry)
      for (const handle of entry.handles) byHandle.delete(handle)
    },
    clear(): void {
      flying.clear()
      byHandle.clear()
    },
  }
}

function toStored({ message, receiveCount }: Entry, isInFlight: boolean): StoredMessage {
  return {
    messageId: message.messageId,
    body: message.body,
    attributes: textsOf(message.messageAttributes),
    state: isInFlight ? 'in-flight' : 'visible',
    receiveCount,
  }
}
