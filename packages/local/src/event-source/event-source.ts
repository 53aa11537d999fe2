import { systemClock } from '@spillway/message/internal'
import type { Batch } from './batch.ts'
import { type Carry, createCarry } from './carry.ts'
import { checkSpec } from './check-spec.ts'
import { createCollect } from './collect.ts'
import { createReport } from './create-report.ts'
import { invokeBatch } from './invoke-batch.ts'
import { startPollers } from './pollers.ts'
import { createQueueClient } from './queue-client.ts'
import { createSettle } from './settle.ts'
import type { EventSource, EventSourceOptions, EventSourceSpec } from './types.ts'

/** Milliseconds that {@link EventSource.stop} waits for invocations. */
const stopTimeout = 2000

/**
 * Starts an event source mapping with `ReportBatchItemFailures` that behaves as Lambda's on SQS (Lambda developer
 * guide, "Using Lambda with Amazon SQS"). It receives only as many records as the function can run at once, invokes it
 * with batches, and deletes the records that succeeded. Failed records are delivered again after the visibility
 * time-out. While the queue does not answer, it retries.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for a mapping that Lambda would reject.
 */
export function startEventSource(spec: EventSourceSpec, options: EventSourceOptions): EventSource {
  checkSpec(spec)
  const { batchingWindow, visibilityTimeout } = spec
  const { function: fn, clock = systemClock } = options
  const client = createQueueClient(spec, clock)
  const fifo = spec.queueArn.endsWith('.fifo')
  const newCarry = () => createCarry(clock, visibilityTimeout)
  const stopping = new AbortController()
  const { signal } = stopping
  // With a window all pollers share the carried-over records, because they fill one batch at a time. Without a window
  // each poller keeps its own until its invocation ends, which may run the same FIFO group.
  const shared = batchingWindow > 0 ? newCarry() : undefined
  const counts = { invoking: 0, batches: 0, succeeded: 0, failed: 0 }
  const report = createReport(options.onProblem)
  const collect = createCollect({ spec, client, clock, signal, report })
  const settle = createSettle({ client, clock, counts, report })
  let stopped: Promise<void> | undefined

  async function run(batch: Batch, carry: Carry): Promise<void> {
    if (signal.aborted) return
    counts.batches += 1
    counts.invoking += 1
    const result = await invokeBatch(fn, batch, visibilityTimeout, clock, signal)
    counts.invoking -= 1
    const failed = await settle(batch.records, result)
    // Records that were carried over must not overtake earlier ones of their group, which will be received again.
    if (fifo) carry.drop(new Set(failed.map(({ attributes }) => attributes.MessageGroupId)))
  }

  const pollers = startPollers({
    maximum: spec.maximumConcurrency,
    clock,
    signal,
    worker() {
      const carry = shared ?? newCarry()
      return {
        next: (isNeeded, onFirst) => collect(carry, isNeeded, onFirst),
        // Another poller takes shared records.
        holds: () => shared === undefined && carry.size() > 0,
        run: (batch) => run(batch, carry),
      }
    },
  })

  async function shutDown(): Promise<void> {
    stopping.abort()
    const waited = new AbortController()
    await Promise.race([pollers.ended, clock.sleep(stopTimeout, waited.signal)])
    waited.abort()
    client.destroy()
  }

  return Object.freeze({
    state: () => ({ pollers: pollers.count(), ...counts }),
    stop() {
      stopped ??= shutDown()
      return stopped
    },
  })
}
