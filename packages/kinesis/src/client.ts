import { KinesisClient } from '@aws-sdk/client-kinesis'
import { type OptionRule, objectWith } from '@spillway/message/internal'

/** The part of a `KinesisClient` that Spillway uses. */
export type KinesisSendClient = Pick<KinesisClient, 'send'>

/** Rule for an option that takes a client. */
export const isClient: OptionRule = { ...objectWith('send'), expected: 'a KinesisClient' }

/**
 * The default client of a target: region, credentials and endpoint as the SDK finds them.
 *
 * It makes one attempt, because the target retries by itself: single records, with jitter, within the invocation's time.
 * The SDK would repeat whole requests and has no deadline.
 */
export function targetClient(): KinesisSendClient {
  return new KinesisClient({ maxAttempts: 1 })
}
