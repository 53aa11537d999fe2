import { setTimeout as sleep } from 'node:timers/promises'
import { toError } from '@spillway/message'
import { type Backoff, fullJitter, systemClock } from '@spillway/message/internal'
import type { InvocationResult } from '../functions/index.ts'
import { type Batch, createGatherer } from './gather.ts'
import { createQueueClient } from './queue-client.ts'
import { readBatchResponse } from './read-response.ts'
import type { EventSource, EventSourceOptions, EventSourceSpec } from './types.ts'

/** Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings": 5 to begin with, 300 a minute. */
const initialPollers = 5
const rampPerSecond = 5
const lambdaMaximum = 1250

/** What runs is given so long when the mapping stops. Milliseconds. */
const stopMs = 2000

const throttleBackoff: Backoff = { base: 100, cap: 2000 }
const queueBackoff: Backoff = { base: 100, cap: 5000 }

/**
 * Starts an SQS event source mapping with `ReportBatchItemFailures`.
 *
 * Nothing is received that cannot be invoked at once: a message that waits for its turn waits in the queue, where its
 * receive count does not grow. What succeeded is deleted; what failed is left to the visibility time-out.
 */
export function startEventSource(spec: EventSourceSpec, options: EventSourceOptions): EventSource {
  const { clock = systemClock, onProblem = () => undefined } = options
  const maximum = spec.maximumConcurrency ?? lambdaMaximum
  const floor = Math.min(initialPollers, maximum)
  const queue = createQueueClient(spec)
  const stopping = new AbortController()
  const { signal } = stopping
  const pollers = new Set<Promise<void>>()
  const counts = { invoking: 0, batches: 0, succeeded: 0, failed: 0 }
  let wanted = floor
  let holding = 0

  async function poll(index: number): Promise<void> {
    const gatherer = createGatherer(spec, queue, clock, signal)
    let failures = 0
    while (!signal.aborted && index < wanted) {
      try {
        const batch = await gatherer.next()
        failures = 0
        if (batch === undefined || signal.aborted) continue
        holding++
        await run(batch).finally(() => holding--)
      } catch (thrown) {
        failures++
        if (signal.aborted) return
        onProblem({ code: 'queue', message: `The queue does not answer: ${toError(thrown).message}` })
        await clock.sleep(100 + fullJitter(queueBackoff, failures, Math.random()), signal)
      }
    }
  }

  async function run(batch: Batch): Promise<void> {
    counts.batches++
    counts.invoking++
    const result = await invoke(batch).finally(() => counts.invoking--)
    const ids = batch.records.map(({ messageId }) => messageId)
    const verdict = result?.ok ? readBatchResponse(ids, result.payload) : undefined
    if (verdict?.kind === 'failed') onProblem({ code: 'response', message: `The whole batch failed: ${verdict.problem}.` })
    if (verdict?.kind !== 'settled') {
      counts.failed += ids.length
      return
    }
    const done = batch.records.filter(({ messageId }) => !verdict.failed.has(messageId))
    counts.failed += ids.length - done.length
    counts.succeeded += done.length
    const left = await queue.delete(done.map(({ receiptHandle }) => receiptHandle))
    if (left > 0) onProblem({ code: 'delete', message: `${left} messages could not be deleted; they come again.` })
  }

  /** A throttled batch is tried again until its messages are about to become visible to others. */
  async function invoke({ records, receivedAt }: Batch): Promise<InvocationResult | undefined> {
    const visibleAt = receivedAt + spec.visibilityTimeout * 1000
    for (let attempt = 1; ; attempt++) {
      const result = await options.function.invoke({ Records: records })
      if (result.ok || result.kind !== 'throttle') return result
      const wait = 50 + fullJitter(throttleBackoff, attempt, Math.random())
      if (signal.aborted || clock.now() + wait >= visibleAt) return undefined
      await clock.sleep(wait, signal)
    }
  }

  function startPollers(): void {
    while (pollers.size < wanted) {
      const poller: Promise<void> = poll(pollers.size).finally(() => pollers.delete(poller))
      pollers.add(poller)
    }
  }

  /** More pollers while all have work, fewer once none has. */
  function scale(): void {
    if (holding >= wanted) wanted = Math.min(maximum, wanted + rampPerSecond)
    else if (holding === 0) wanted = floor
    startPollers()
  }

  startPollers()
  const scaling = setInterval(scale, 1000)

  return {
    state: () => ({ pollers: wanted, ...counts }),
    async stop() {
      clearInterval(scaling)
      stopping.abort()
      await Promise.race([Promise.all(pollers), sleep(stopMs, undefined, { ref: false })])
      queue.close()
    },
  }
}
