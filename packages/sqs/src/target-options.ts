import type { Telemetry } from '@spillway/message'
import {
  type Clock,
  integer,
  isClock,
  isRandom,
  type OptionRules,
  objectWith,
} from '@spillway/message/internal'
import type { ClaimChecking } from '@spillway/transport'
import { isClient, isQueueUrl, type SqsClient } from './client.ts'
import type { Coalescing } from './coalesce.ts'
import { maxBytes } from './pack.ts'

/** Options of {@link sqsTarget}. */
export interface SqsTargetOptions {
  /** The queue. If the URL ends in `.fifo`, the target sends groups and deduplication ids. */
  readonly queueUrl: string | undefined
  /** Default: a client with the configuration of the SDK, without its retries. */
  readonly client?: SqsClient
  /** The most attempts to send a message, 1 to 10. Default 4. */
  readonly maxAttempts?: number
  /**
   * The most requests of this target at once, of all calls together, and as many puts into the claim store. 1 to 50, the
   * number of sockets of the SDK's agent. Default 16. On a FIFO queue a call makes one request at a time, to keep the order.
   */
  readonly concurrency?: number
  /**
   * The attribute `MaximumMessageSize` of the queue: bytes of a message, attributes included, 1,024 to 1,048,576.
   * Default 1,048,576. A queue that was made before August 2025 may have 262,144.
   */
  readonly maximumMessageSize?: number
  /**
   * `claimCheck({ store })` of `@spillway/sqs/claim-check` stores messages that are too large for the queue. Default: they
   * are rejected.
   */
  readonly claimCheck?: ClaimChecking
  /**
   * `coalesce()` of `@spillway/sqs/coalesce` lets concurrent calls share requests. Use it if an environment serves several
   * requests at once, in a container for example. Default: each call has its own requests.
   */
  readonly coalesce?: Coalescing
  /** Gets the metrics `spillway.send.*`, each with `target: 'sqs'`. Default: none. */
  readonly telemetry?: Telemetry
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
  /**
   * A number in `[0, 1)`, for jitter. Default `Math.random`.
   *
   * @internal
   */
  readonly random?: () => number
}

/** The rules of {@link SqsTargetOptions}. */
export const targetRules: OptionRules<SqsTargetOptions> = {
  queueUrl: isQueueUrl,
  client: isClient,
  maxAttempts: integer(1, 10),
  concurrency: integer(1, 50),
  maximumMessageSize: integer(1024, maxBytes),
  claimCheck: { ...objectWith('start'), expected: 'claimCheck({ store }) of @spillway/sqs/claim-check' },
  coalesce: { ...objectWith('start'), expected: 'coalesce() of @spillway/sqs/coalesce' },
  telemetry: objectWith('count', 'duration'),
  clock: isClock,
  random: isRandom,
}
