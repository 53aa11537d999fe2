import type { VirtualClock } from '../time/virtual-clock.ts'
import { createConcurrency, idlePollers, rampTime } from './concurrency.ts'
import { type Delivery, deliverBatch } from './deliver-batch.ts'
import { createPollers } from './pollers.ts'

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
export interface MappingWorld extends Omit<Delivery, 'reportBatchItemFailures'> {
  readonly clock: VirtualClock
}

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
  const { clock, queue } = world
  const delivery = { ...world, reportBatchItemFailures }
  const concurrency = createConcurrency(clock, options.maximumConcurrency)
  let enabled = true
  const wakeAfter = createTimer(clock, pump)
  const pollers = createPollers({
    clock,
    batchSize,
    batchingWindow,
    allowed: concurrency.allowed,
    deliver: (batch) => deliverBatch(batch, delivery),
    keepsPoller: (count) =>
      enabled && count <= concurrency.allowed() && (count <= idlePollers || queue.isReady()),
    onFree: pump,
  })

  /** Receives messages while there are some and a poller is free. */
  function pump(): void {
    if (!enabled) return
    while (queue.isReady()) {
      const poller = pollers.take()
      if (poller === undefined) {
        concurrency.saturated(true)
        if (concurrency.mayGrow()) wakeAfter(rampTime)
        return
      }
      const messages = queue.receive(poller.room())
      if (messages.length === 0) {
        pollers.giveBack(poller)
        break
      }
      poller.add(messages)
    }
    if (pollers.someWait()) concurrency.saturated(false)
    const next = queue.nextVisibleAt()
    if (next !== undefined) wakeAfter(next - clock.now())
  }

  function setEnabled(wanted: boolean): void {
    const isSwitchedOff = enabled && !wanted
    enabled = wanted
    if (!isSwitchedOff) return
    pollers.endWaiting()
    concurrency.saturated(false)
  }

  return {
    wake: pump,
    set(change) {
      if ('maximumConcurrency' in change) concurrency.limit(change.maximumConcurrency)
      setEnabled(change.enabled ?? enabled)
      pump()
    },
  }
}

/** Creates a timer that replaces the previous one when it is set. */
function createTimer(clock: VirtualClock, run: () => void): (ms: number) => void {
  let cancel: (() => void) | undefined
  return function set(ms) {
    cancel?.()
    cancel = clock.schedule(run, ms)
  }
}
