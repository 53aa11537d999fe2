import type { Telemetry } from '@spillway/message'
import { type Clock, integer, isFunction, type OptionRules, objectWith } from '@spillway/message/internal'
import type { ClaimChecking } from '@spillway/transport'
import { isClient, isQueueUrl, type SqsClient } from './client.ts'
import type { Coalescing } from './coalesce.ts'
import { maxBytes } from './pack.ts'

/** What {@link sqsTarget} takes. */
export interface SqsTargetOptions {
  /** The queue. A URL that ends in `.fifo` makes the target send groups and deduplication ids. */
  readonly queueUrl: string | undefined
  /** Default: a client with the SDK's own configuration and no retries of its own. */
  readonly client?: SqsClient
  /** How often an entry is sent before it counts as not confirmed, 1 to 10. Default 4. */
  readonly maxAttempts?: number
  /**
   * How many requests of this target run at once, whatever calls they are of, and as many puts into the claim store. What
   * waits for its turn fills up its request meanwhile. 1 to 50, which is how many sockets the SDK's agent has. Default 16.
   * A call on a FIFO queue has one request at a time, which keeps the order.
   */
  readonly concurrency?: number
  /**
   * The attribute `MaximumMessageSize` of the queue: bytes of a message, attributes included, 1,024 to 1,048,576.
   * Default 1,048,576. A queue that was made before August 2025 may have 262,144.
   */
  readonly maximumMessageSize?: number
  /**
   * `claimCheck({ store })` of `@spillway/sqs/claim-check` puts messages that are too large for the queue into a store.
   * Default: they are rejected.
   */
  readonly claimCheck?: ClaimChecking
  /**
   * `coalesce()` of `@spillway/sqs/coalesce` lets calls that run at the same time share requests. Give it where an
   * environment serves several requests at once, in a container for example. Default: each call has its own requests.
   */
  readonly coalesce?: Coalescing
  /** Where the numbers go: `spillway.send.*`, each with `target: 'sqs'`. Default: nowhere. */
  readonly telemetry?: Telemetry
  readonly clock?: Clock
  /** A number in `[0, 1)`, for the jitter. Default `Math.random`. */
  readonly random?: () => number
}

/** What each option of {@link sqsTarget} has to be. */
export const targetRules: OptionRules<SqsTargetOptions> = {
  queueUrl: isQueueUrl,
  client: isClient,
  maxAttempts: integer(1, 10),
  concurrency: integer(1, 50),
  maximumMessageSize: integer(1024, maxBytes),
  claimCheck: { ...objectWith('start'), expected: 'claimCheck({ store }) of @spillway/sqs/claim-check' },
  coalesce: { ...objectWith('start'), expected: 'coalesce() of @spillway/sqs/coalesce' },
  telemetry: objectWith('count', 'duration'),
  clock: objectWith('now', 'sleep'),
  random: isFunction,
}
