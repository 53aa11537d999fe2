import { systemClock } from '@spillway/message/internal'
import { createSemaphore } from '@spillway/transport'
import type { InvocationResult } from '../functions/index.ts'
import { describeEvent } from '../report/describe-event.ts'
import type { Batch } from './batch.ts'
import { readBatchResponse } from './batch-response.ts'
import { type Carry, createCarry } from './carry.ts'
import { checkSpec } from './check-spec.ts'
import { gather } from './gather.ts'
import { invokeBatch } from './invoke-batch.ts'
import { startPollers } from './pollers.ts'
import { createQueueClient } from './queue-client.ts'
import type { SqsRecord } from './record.ts'
import { deleteRecords } from './settle.ts'
import type { EventSource, EventSourceOptions, EventSourceProblem, EventSourceSpec } from './types.ts'

/** Milliseconds that {@link EventSource.stop} waits for invocations. */
const patience = 2000

const partialFailures =
  'returned batchItemFailures: on AWS the event source mapping needs FunctionResponseTypes: [ReportBatchItemFailures], or Lambda deletes these messages'

const describe = (records: readonly SqsRecord[]) => describeEvent({ Records: records })

/**
 * Starts an event source mapping with `ReportBatchItemFailures`, as Lambda runs it on SQS (Lambda developer guide,
 * "Using Lambda with Amazon SQS"): it receives only what the function can take at once, invokes with batches,
 * deletes what succeeded, and leaves what failed to the visibility time-out. It goes on while the queue is away.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for a mapping that Lambda would refuse.
 */
export function startEventSource(spec: EventSourceSpec, options: EventSourceOptions): EventSource {
  checkSpec(spec)
  const { batchSize, batchingWindow, visibilityTimeout } = spec
  const { function: fn, clock = systemClock } = options
  const client = createQueueClient(spec, clock)
  const fifo = spec.queueArn.endsWith('.fifo')
  const newCarry = () => createCarry(clock, visibilityTimeout)
  const stopping = new AbortController()
  const { signal } = stopping
  // With a window, one batch fills at a time: pollers that gather side by side would each get a part of a trickle.
  const turns = batchingWindow > 0 ? createSemaphore(1) : undefined
  // Without one, what a poller carries over waits for its own invocation: it may be of the same FIFO group.
  const shared = turns && newCarry()
  const counts = { invoking: 0, batches: 0, succeeded: 0, failed: 0 }
  let unreachable = false
  let hasReturnedFailures = false
  let stopped: Promise<void> | undefined

  function report(code: EventSourceProblem['code'], message: string): void {
    try {
      options.onProblem?.({ code, message })
    } catch {
      // A listener's fault must not stop the deliveries.
    }
  }

  async function next(
    carry: Carry,
    isNeeded: () => boolean,
    onFirst: () => void,
  ): Promise<Batch | undefined> {
    const collect = async () => {
      if (signal.aborted || !isNeeded()) return undefined
      const batch = await gather({ client, carry, clock, batchSize, batchingWindow, signal, onFirst })
      unreachable = false
      return batch
    }
    try {
      return await (turns === undefined ? collect() : turns.run(collect))
    } catch (error) {
      if (!unreachable && !signal.aborted) {
        report('queue-unreachable', `the queue does not answer (${String(error)}); trying again`)
      }
      unreachable = true
      throw error
    }
  }

  async function run(batch: Batch, carry: Carry): Promise<void> {
    if (signal.aborted) return
    counts.batches += 1
    counts.invoking += 1
    const result = await invokeBatch(fn, batch, visibilityTimeout, clock, signal)
    counts.invoking -= 1
    const failed = await settle(batch.records, result)
    // What was carried over must not overtake what comes back before it.
    if (fifo) carry.drop(new Set(failed.map(({ attributes }) => attributes.MessageGroupId)))
  }

  /** Deletes what succeeded and gives the rest. */
  async function settle(
    records: readonly SqsRecord[],
    result: InvocationResult,
  ): Promise<readonly SqsRecord[]> {
    if (!result.ok) {
      counts.failed += records.length
      if (result.kind === 'throttle') {
        report(
          'batch-dropped',
          `throttled until the visibility time-out passed: the queue delivers them again; ${describe(records)}`,
        )
      }
      return records
    }
    const ids = records.map((record) => record.messageId)
    const { failed, problem } = readBatchResponse(ids, result.payload)
    if (problem !== undefined) {
      report('response-malformed', `the whole batch failed: ${problem}; ${describe(records)}`)
    } else if (failed.size > 0 && !hasReturnedFailures) {
      hasReturnedFailures = true
      report('partial-failures', partialFailures)
    }
    const succeeded = records.filter((record) => !failed.has(record.messageId))
    counts.succeeded += succeeded.length
    counts.failed += failed.size
    const left = await deleteRecords(client, clock, succeeded)
    if (left.length > 0) {
      report('delete-failed', `done but not deleted: they will be delivered again; ${describe(left)}`)
    }
    return records.filter((record) => failed.has(record.messageId))
  }

  const pollers = startPollers({
    maximum: spec.maximumConcurrency,
    clock,
    signal,
    worker() {
      const carry = shared ?? newCarry()
      return {
        next: (isNeeded, onFirst) => next(carry, isNeeded, onFirst),
        // What is shared, another poller takes.
        holds: () => shared === undefined && carry.size() > 0,
        run: (batch) => run(batch, carry),
      }
    },
  })

  async function shutDown(): Promise<void> {
    stopping.abort()
    const waited = new AbortController()
    await Promise.race([pollers.ended, clock.sleep(patience, waited.signal)])
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
