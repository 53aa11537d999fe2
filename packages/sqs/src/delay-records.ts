import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs'
import { type Logger, type TimeLimit, toError } from '@spillway/message'
import type { SqsClient } from './client.ts'
import { maxEntries } from './pack.ts'
import { within } from './time.ts'

/** Amazon SQS quotas: 12 hours. */
const maxVisibilitySeconds = 43_200

/**
 * Sets when records become visible again, ten to a request. Best effort: where it fails, the visibility time-out of
 * the queue applies, which is later or sooner but never a loss.
 *
 * Source: Amazon SQS API Reference, ChangeMessageVisibilityBatch.
 */
export async function delayRecords(
  client: SqsClient,
  queueUrl: string,
  delays: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  limit: TimeLimit,
  logger: Logger,
): Promise<void> {
  const known = delays.filter(({ seconds }) => Number.isFinite(seconds))
  const entries = known.map(({ receiptHandle, seconds }, index) => ({
    Id: String(index),
    ReceiptHandle: receiptHandle,
    VisibilityTimeout: Math.min(maxVisibilitySeconds, Math.max(0, Math.round(seconds))),
  }))
  const requests = []
  for (let start = 0; start < entries.length; start += maxEntries) {
    const command = new ChangeMessageVisibilityBatchCommand({
      QueueUrl: queueUrl,
      Entries: entries.slice(start, start + maxEntries),
    })
    requests.push(within(limit, 2000, ({ signal }) => client.send(command, { abortSignal: signal })))
  }
  const failures = (await Promise.allSettled(requests)).flatMap((result) =>
    result.status === 'rejected'
      ? [toError(result.reason).name]
      : (result.value.Failed ?? []).map(({ Code }) => Code ?? 'no code'),
  )
  const [code] = failures
  if (code === undefined) return
  logger.warn(
    'spillway: the visibility of failed records was not changed. May the function call sqs:ChangeMessageVisibility on its queue?',
    { code },
  )
}
