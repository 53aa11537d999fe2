import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs'
import { toError } from '@spillway/message'
import type { SqsClient } from './client.ts'
import { maxEntries } from './pack.ts'

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
): Promise<void> {
  const entries = delays.map(({ receiptHandle, seconds }, index) => ({
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
    requests.push(client.send(command, { abortSignal: AbortSignal.timeout(2000) }))
  }
  const failed = (await Promise.allSettled(requests)).find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    console.warn(
      `spillway: the visibility of failed records was not changed (${toError(failed.reason).name}). ` +
        'May the function call sqs:ChangeMessageVisibility on its queue?',
    )
  }
}
