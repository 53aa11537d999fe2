import type { EachRecord, SourceRecord, Writer } from '@spillway/message'
import { createMessage, encodeMessage } from '@spillway/message'
import { virtualClock } from '../../../sqs/src/testing/virtual-clock.ts'
import { type BatchOptions, batch } from '../index.ts'
import { type Order, order, silent } from './virtual-run.ts'

/** A message of a queue in virtual time. Times in milliseconds. */
export interface QueuedMessage {
  readonly id: string
  readonly group: string | undefined
  readonly sentAt: number
  receives: number
  visibleAt: number
  doneAt: number | undefined
  isDead: boolean
}

/** What {@link runQueue} takes. */
export interface QueueRun {
  /** What is sent, in the order of its times; a FIFO queue when the messages have groups. */
  readonly messages: readonly { readonly id: string; readonly at: number; readonly group?: string }[]
  /** @param now milliseconds */
  handler(now: () => number): Writer<Order> | EachRecord<Order>
  readonly options?: BatchOptions<Order>
  /** Milliseconds. */
  readonly until: number
  readonly pollers?: number
  readonly batchSize?: number
  /** Seconds. */
  readonly timeout?: number
  readonly maxReceiveCount?: number
}

/** How long a poller waits that found nothing. Milliseconds. */
const idleMs = 200

/** Has pollers give the messages of a queue to a batch handler, each in an environment of its own, in virtual time. */
export async function runQueue(run: QueueRun): Promise<readonly QueuedMessage[]> {
  const { pollers = 4, timeout = 30, until } = run
  const clock = virtualClock()
  const queue = createQueue(run, () => clock.now())

  async function poll(seed: number): Promise<void> {
    const random = randomFrom(seed)
    const options = { logger: silent, clock, random, ...run.options }
    const handle = batch(
      order,
      run.handler(() => clock.now()),
      options,
    )
    await clock.sleep(random() * idleMs)
    while (clock.now() < until) {
      const taken = queue.receive()
      if (taken.length === 0) await clock.sleep(idleMs)
      else {
        await invoke(handle, taken, timeout, () => clock.now())
        queue.removeEnded()
      }
    }
  }
  for (let seed = 1; seed <= pollers; seed++) void poll(seed * 7919)
  await clock.advance(until)
  return queue.messages
}

function createQueue(run: QueueRun, now: () => number) {
  const { batchSize = 10, timeout = 30, maxReceiveCount = 100 } = run
  const messages = run.messages.map(
    ({ id, at, group }): QueuedMessage => ({
      id,
      group,
      sentAt: at,
      visibleAt: at,
      receives: 0,
      doneAt: undefined,
      isDead: false,
    }),
  )
  const isLive = ({ doneAt, isDead }: QueuedMessage) => doneAt === undefined && !isDead
  /** How many messages were sent. */
  let sent = 0
  /** Of these, the ones that are neither done nor dead. */
  let live: QueuedMessage[] = []
  return {
    messages,
    removeEnded() {
      live = live.filter(isLive)
    },
    /** Takes messages as SQS does: of a group only the first ones, and none while one of it is in flight. */
    receive(): readonly QueuedMessage[] {
      for (let next = messages[sent]; next !== undefined && next.sentAt <= now(); next = messages[sent]) {
        live.push(next)
        sent += 1
      }
      const blocked = new Set<string>()
      const taken: QueuedMessage[] = []
      for (const message of live) {
        if (taken.length === batchSize) break
        const { group } = message
        if (!isLive(message) || (group !== undefined && blocked.has(group))) continue
        if (message.visibleAt > now()) {
          if (group !== undefined) blocked.add(group)
        } else if (message.receives === maxReceiveCount) message.isDead = true
        else taken.push(message)
      }
      for (const message of taken) {
        message.receives += 1
        message.visibleAt = now() + 6000 * timeout
      }
      return taken
    },
  }
}

/** Gives messages to a handler, and does with them what its answer says. */
async function invoke(
  handle: ReturnType<typeof batch>,
  taken: readonly QueuedMessage[],
  timeout: number,
  now: () => number,
): Promise<void> {
  const startedAt = now()
  const records = taken.map(({ id, group = id, receives }): SourceRecord => {
    const body = encodeMessage(createMessage(order, { id }, { time: new Date(0) }))
    return { id, body, lane: group, receiveCount: receives }
  })
  const source = {
    records,
    park: async () => undefined,
    async delay(delays: readonly { readonly record: SourceRecord; readonly seconds: number }[]) {
      for (const { record, seconds } of delays) {
        const message = taken[records.indexOf(record)] as QueuedMessage
        message.visibleAt = now() + seconds * 1000
      }
    },
  }
  const context = { getRemainingTimeInMillis: () => timeout * 1000 - (now() - startedAt) }
  const results = await handle({ source }, context)
  for (const [index, { status }] of results.entries()) {
    if (status === 'fulfilled') (taken[index] as QueuedMessage).doneAt = now()
  }
}

/** The same numbers in `[0, 1)` each time. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x80000000
  }
}

/** The value below which a share of numbers lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
