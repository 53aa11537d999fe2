import { SQSClient } from '@aws-sdk/client-sqs'
import { isHttpUrl, type OptionRule, objectWith } from '@spillway/message/internal'

/** The part of an `SQSClient` that Spillway uses. */
export type SqsClient = Pick<SQSClient, 'send'>

/** Rule for an option that takes a client. */
export const isClient: OptionRule = { ...objectWith('send'), expected: 'an SQSClient' }

/** Rule for an option that takes the URL of a queue. */
export const isQueueUrl: OptionRule = {
  required: true,
  expected: 'the URL of a queue (is its environment variable set?)',
  test: isHttpUrl,
}

/**
 * The default client of a target: region, credentials and endpoint as the SDK finds them.
 *
 * It makes one attempt, because the target retries by itself: single entries, with jitter, within the invocation's time.
 * The SDK would repeat whole requests and has no deadline.
 */
export function targetClient(): SqsClient {
  return new SQSClient({ maxAttempts: 1 })
}

/** The default client of a source. The SDK may repeat its requests. */
export function sourceClient(): SqsClient {
  return new SQSClient({})
}

/** Whether a URL or an ARN is that of a FIFO queue. A group id does not tell: standard queues accept one as well. */
export function isFifo(urlOrArn: string): boolean {
  return urlOrArn.endsWith('.fifo')
}
