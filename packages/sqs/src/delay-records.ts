import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs'
import { type TimeLimit, toError } from '@spillway/message'
import { inParallel, within } from '@spillway/transport'
import { createDelayReport, type DelayQueue, late } from './delay-report.ts'
import { maxEntries } from './pack.ts'

/** Amazon SQS quotas: a message may be invisible for 12 hours from its receive. Seconds. */
const longestVisibility = 43_200

/** The most time between the receive and the event: the batching window, throttles. Seconds. */
const beforeEvent = 900

/** The most requests at once. The agent of the SDK has 50 sockets, which other code may share. */
const requestConcurrency = 16

/** Milliseconds after which a request is aborted. */
const requestMs = 2000

/** The names of the errors of aborted requests. */
const lateErrors = ['AbortError', 'TimeoutError']

/** The new visibility time-out of a record. */
export interface VisibilityChange {
  readonly receiptHandle: string
  readonly seconds: number
}

/**
 * Sets the visibility time-outs of records.
 *
 * @param sinceEvent seconds since the event came: SQS refuses a time-out that ends more than 12 hours after the receive
 */
export type DelayRecords = (
  changes: readonly VisibilityChange[],
  sinceEvent: number,
  limit: TimeLimit,
) => Promise<void>

/**
 * Creates the function that delays records of a queue, ten in a request. If a request fails or is not in time, the
 * visibility time-out of the queue applies to its records, and nothing is lost. One for each source.
 *
 * Source: Amazon SQS API Reference, ChangeMessageVisibilityBatch.
 */
export function createDelays(queue: DelayQueue): DelayRecords {
  const { client, queueUrl, clock } = queue
  const report = createDelayReport(queue)

  return async function delayRecords(changes, sinceEvent, limit) {
    const longest = Math.max(0, Math.floor(longestVisibility - beforeEvent - sinceEvent))
    const known = changes.filter(({ seconds }) => !Number.isNaN(seconds))
    const packs = Array.from({ length: Math.ceil(known.length / maxEntries) }, (_, index) =>
      known.slice(index * maxEntries, (index + 1) * maxEntries),
    )
    const failures: string[] = []
    let [sent, answered] = [0, 0]
    let error: Error | undefined

    async function change(pack: readonly VisibilityChange[]): Promise<void> {
      if (limit.signal.aborted || limit.remainingTime() <= 0) return void failures.push(late)
      const command = new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: pack.map(({ receiptHandle, seconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.min(longest, Math.max(0, Math.round(seconds))),
        })),
      })
      sent += 1
      try {
        const send = ({ signal }: TimeLimit) => client.send(command, { abortSignal: signal })
        const { Failed = [] } = await within(limit, requestMs, send, clock)
        answered += 1
        failures.push(...Failed.map(({ Code }) => Code ?? 'no code'))
      } catch (thrown) {
        const failure = toError(thrown)
        if (lateErrors.includes(failure.name)) return void failures.push(late)
        failures.push(failure.name)
        error ??= failure
      }
    }
    await inParallel(packs, requestConcurrency, change)
    await report({ failures, error, sent, answered }, limit)
  }
}
