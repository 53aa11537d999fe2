import type { Message } from '@aws-sdk/client-sqs'
import type { Clock } from '@spillway/message/internal'
import type { SQSRecord } from 'aws-lambda'
import { toRecord } from './event.ts'
import type { QueueClient } from './queue-client.ts'
import type { EventSourceSpec } from './types.ts'

/** Records for one invocation. */
export interface Batch {
  readonly records: readonly SQSRecord[]
  /** When its first record was received: from then on its visibility time-out runs. */
  readonly receivedAt: number
}

/** Gathers batches, one after the other. */
export interface Gatherer {
  /** The next batch; `undefined` when the queue had nothing for a while, or the mapping stops. */
  next(): Promise<Batch | undefined>
}

/** Lambda quotas: the payload of a synchronous invocation, less what stands around the records. */
const maxPayloadBytes = 6 * 1024 * 1024 - 32

/** Seconds of a long poll: long enough to be idle, short enough to stop soon. */
const longPollSeconds = 1

/** Receives that run at once while a batch fills from a backlog. */
const parallelReceives = 4

/** How often an almost passed window is looked at. Milliseconds. */
const windowStepMs = 50

interface Waiting {
  readonly record: SQSRecord
  readonly bytes: number
  readonly receivedAt: number
}

/** Gathers by batch size, batching window and payload, as Lambda's pollers do. */
export function createGatherer(
  spec: EventSourceSpec,
  queue: QueueClient,
  clock: Clock,
  signal: AbortSignal,
): Gatherer {
  /** Received, but too large for the batch before. */
  let waiting: Waiting[] = []

  async function receive(count: number, waitSeconds: number): Promise<number> {
    const receivedAt = clock.now()
    const requests = Math.min(parallelReceives, Math.ceil(count / 10))
    const messages = await Promise.all(
      Array.from({ length: waitSeconds > 0 ? 1 : requests }, () => queue.receive(count, waitSeconds)),
    )
    const received = messages.flat().map((message) => toWaiting(message, spec, receivedAt))
    waiting.push(...received)
    return received.length
  }

  /** How many of the waiting records make the next batch. */
  function countFitting(): number {
    let bytes = 0
    for (const [index, next] of waiting.slice(0, spec.batchSize).entries()) {
      bytes += next.bytes
      if (bytes > maxPayloadBytes && index > 0) return index
    }
    return Math.min(waiting.length, spec.batchSize)
  }

  const isFull = () => waiting.length >= spec.batchSize || countFitting() < waiting.length

  async function fill(closesAt: number): Promise<void> {
    while (!isFull() && !signal.aborted) {
      const left = closesAt - clock.now()
      if (left <= 0) return
      const missing = spec.batchSize - waiting.length
      const received = await receive(missing, left >= longPollSeconds * 1000 ? longPollSeconds : 0)
      if (received === 0 && left < longPollSeconds * 1000) await clock.sleep(Math.min(windowStepMs, left), signal)
    }
  }

  return {
    async next() {
      if (waiting.length === 0) await receive(Math.min(10, spec.batchSize), longPollSeconds)
      const [first] = waiting
      if (first === undefined) return undefined
      if (spec.batchingWindow > 0) await fill(first.receivedAt + spec.batchingWindow * 1000)
      const batch = waiting.slice(0, countFitting())
      waiting = waiting.slice(batch.length)
      return { records: batch.map(({ record }) => record), receivedAt: first.receivedAt }
    },
  }
}

function toWaiting(message: Message, spec: EventSourceSpec, receivedAt: number): Waiting {
  const record = toRecord(message, spec.queueArn, spec.region)
  return { record, bytes: Buffer.byteLength(JSON.stringify(record)) + 1, receivedAt }
}
