import { SQSClient } from '@aws-sdk/client-sqs'
import { isHttpUrl, type OptionRule, objectWith } from '@spillway/message/internal'

/** The part of an `SQSClient` that Spillway uses. */
export type SqsClient = Pick<SQSClient, 'send'>

/** Rule for an option that takes a client. */
export const isClient: OptionRule = { ...objectWith('send'), expected: 'an SQSClient' }

/** Rule for an option that takes the URL of a queue, which mostly comes from the environment. */
export const isQueueUrl: OptionRule = {
  required: true,
  expected: 'the URL of a queue (is its environment variable set?)',
  test: isHttpUrl,
}

/**
 * The target's client when none is given: region, credentials and endpoint as the SDK finds them.
 *
 * One attempt only, because the target repeats what failed itself: entry by entry, with jitter, within the
 * invocation's time. The SDK would repeat whole requests and knows no deadline.
 */
export function targetClient(): SqsClient {
  return new SQSClient({ maxAttempts: 1 })
}

/** The source's client when none is given. Its requests stand alone, so the SDK may repeat them. */
export function sourceClient(): SqsClient {
  return new SQSClient({})
}

/** Whether the URL or the ARN is that of a FIFO queue. A group id says nothing: standard queues take one, too. */
export function isFifo(urlOrArn: string): boolean {
  return urlOrArn.endsWith('.fifo')
}
