import type { Functions, Invocation } from '../functions/functions.ts'
import type { VirtualClock } from '../time/virtual-clock.ts'
import type { Queue, QueueMessage } from './queue.ts'

/** The parameters of an event source mapping of a queue. */
export interface MappingOptions {
  readonly batchSize: number
  /** Seconds. Default 0. */
  readonly batchingWindow?: number
  /** Default: Lambda's maximum number of pollers, 1,250. */
  readonly maximumConcurrency?: number
  /** Default true. */
  readonly reportBatchItemFailures?: boolean
}

/** An event source mapping of a queue. */
export interface Mapping {
  /** Called when there may be messages to receive. */
  wake(): void
  /** The effect of `UpdateEventSourceMapping`. */
  set(change: { readonly enabled?: boolean; readonly maximumConcurrency?: number | undefined }): void
}

/** What {@link createMapping} takes. */
export interface MappingWorld {
  readonly clock: VirtualClock
  readonly queue: Queue
  readonly functions: Functions
  toEvent(messages: readonly QueueMessage[]): unknown
  /** The id of a message in responses. */
  idOf(message: QueueMessage): string
  deleted(messages: readonly QueueMessage[]): void
}

/** A poller, which repeatedly fills a batch and invokes the function. */
interface Poller {
  batch: QueueMessage[]
  /** Cancels the end of its window. */
  cancel: (() => void) | undefined
}

const receiveMost = 10
const idlePollers = 5
const mostPollers = 1250
/** How many concurrent invocations Lambda adds per second: 300 per minute. */
const rampPerSecond = 5
/**
 * Milliseconds without a backlog after which the number of pollers falls. Lambda does not document it; in practice it
 * takes minutes.
 */
const calmTime = 60_000
/** The duration of a receive in milliseconds. */
const receiveTime = 10

/**
 * Creates the pollers of an event source mapping.
 *
 * There are five at first, and 300 more per minute while all are busy, up to the maximum concurrency. A poller receives
 * ten messages at a time and invokes when its batch is full or its window has ended. With `ReportBatchItemFailures`
 * neither reported failures nor errors of the function slow the pollers down.
 *
 * Source: AWS Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings" and "Handling errors for
 * an SQS event source in Lambda".
 */
export function createMapping(options: MappingOptions, world: MappingWorld): Mapping {
  const { batchSize, batchingWindow = 0, reportBatchItemFailures = true } = options
  const { clock, queue, functions } = world
  let limit = options.maximumConcurrency ?? mostPollers
  let enabled = true
  /** The pollers that wait for (further) messages. */
  let waiting: Poller[] = []
  let pollers = 0
  const level = createLevel(clock)
  let cancelWake: (() => void) | undefined

  const allowed = () => Math.min(limit, level.now())

  function wakeAt(ms: number): void {
    cancelWake?.()
    cancelWake = clock.schedule(pump, ms)
  }

  function nextPoller(): Poller | undefined {
    const poller = waiting.shift()
    if (poller !== undefined) return poller
    if (pollers >= allowed()) return undefined
    pollers += 1
    return { batch: [], cancel: undefined }
  }

  function pump(): void {
    if (!enabled) return
    while (queue.isReady()) {
      const poller = nextPoller()
      if (poller === undefined) {
        level.saturated(true)
        if (allowed() < limit) wakeAt(1000 / rampPerSecond)
        return
      }
      const room = Math.min(receiveMost, batchSize - poller.batch.length)
      const messages = queue.receive(room)
      if (messages.length === 0) {
        waiting.unshift(poller)
        break
      }
      take(poller, messages)
    }
    if (waiting.length > 0) level.saturated(false)
    const next = queue.nextVisibleAt()
    if (next !== undefined) wakeAt(next - clock.now())
  }

  function take(poller: Poller, messages: readonly QueueMessage[]): void {
    poller.batch.push(...messages)
    if (poller.batch.length >= batchSize || batchingWindow === 0) {
      begin(poller)
      return
    }
    poller.cancel ??= clock.schedule(() => {
      waiting = waiting.filter((other) => other !== poller)
      begin(poller)
    }, batchingWindow * 1000)
    // The next receive of the same poller.
    const { batch } = poller
    clock.schedule(() => {
      if (poller.batch !== batch || poller.cancel === undefined) return
      waiting.push(poller)
      pump()
    }, receiveTime)
  }

  function begin(poller: Poller): void {
    poller.cancel?.()
    const { batch } = poller
    poller.batch = []
    poller.cancel = undefined
    void invoke(batch).then(() => finish(poller))
  }

  function finish(poller: Poller): void {
    if (!enabled || pollers > allowed() || (pollers > idlePollers && !queue.isReady())) pollers -= 1
    else waiting.push(poller)
    pump()
  }

  async function invoke(batch: readonly QueueMessage[]): Promise<void> {
    const invocation = await functions.invoke(world.toEvent(batch))
    const failed = failedIds(invocation, batch.map(world.idOf), reportBatchItemFailures)
    if (failed === undefined) return
    const done = failed.size === 0 ? batch : batch.filter((message) => !failed.has(world.idOf(message)))
    for (const message of done) queue.delete(message)
    world.deleted(done)
  }

  return {
    wake: pump,
    set(change) {
      if ('maximumConcurrency' in change) limit = change.maximumConcurrency ?? mostPollers
      const { enabled: wanted = enabled } = change
      const isOff = enabled && !wanted
      enabled = wanted
      if (isOff) {
        // A batch that a poller has begun to fill is still delivered.
        for (const poller of waiting) {
          if (poller.batch.length > 0) begin(poller)
          else pollers -= 1
        }
        waiting = []
        level.saturated(false)
      }
      pump()
    },
  }
}

/** The ids of the messages that stay in the queue; `undefined` for the whole batch. */
function failedIds(
  invocation: Invocation,
  ids: readonly string[],
  reportBatchItemFailures: boolean,
): ReadonlySet<string> | undefined {
  if (invocation.kind !== 'answer') return undefined
  if (!reportBatchItemFailures) return new Set()
  const { batchItemFailures } = Object(invocation.answer) as { readonly batchItemFailures?: unknown }
  if (batchItemFailures === undefined || batchItemFailures === null) return new Set()
  if (!Array.isArray(batchItemFailures)) return undefined
  const known = new Set(ids)
  const failed = batchItemFailures.map((failure) => Object(failure).itemIdentifier as unknown)
  return failed.every((id) => known.has(id as string)) ? new Set(failed as string[]) : undefined
}

/** How many pollers there may be. The number grows while all are busy and stays for a minute afterwards. */
function createLevel(clock: VirtualClock) {
  let base = idlePollers
  let since: number | undefined
  let calmSince = 0
  const grown = () =>
    since === undefined ? base : base + Math.floor(((clock.now() - since) / 1000) * rampPerSecond)
  return {
    now(): number {
      if (since === undefined && clock.now() - calmSince > calmTime) base = idlePollers
      return Math.min(mostPollers, grown())
    },
    saturated(isSaturated: boolean): void {
      if (isSaturated === (since !== undefined)) return
      base = Math.min(mostPollers, grown())
      since = isSaturated ? clock.now() : undefined
      calmSince = clock.now()
    },
  }
}
