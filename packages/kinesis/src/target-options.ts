import { SpillwayError, type Telemetry } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  integer,
  isFunction,
  type OptionRules,
  objectWith,
  oneOf,
} from '@spillway/message/internal'
import type { ClaimChecking } from '@spillway/transport'
import { isClient, type KinesisSendClient } from './client.ts'
import { maxBytes } from './limits.ts'
import { isStreamArn, isStreamName, type StreamOf } from './stream-name.ts'

/** What {@link kinesisTarget} takes. */
export interface KinesisTargetOptions {
  /** The stream by its name. Either this or `streamArn`. */
  readonly streamName?: string | undefined
  /** The stream by its ARN: for one of another account. */
  readonly streamArn?: string | undefined
  /** Default: a client with the SDK's own configuration and no retries of its own. */
  readonly client?: KinesisSendClient
  /**
   * - `'relaxed'`: packs of 500 records, side by side. What Kinesis did not take is sent again after what it took, so a
   *   record may get behind a later one of its partition key.
   * - `'strict'`: within a call, no message of a partition key is sent before the one in front of it was confirmed, and
   *   behind one that was not the later ones of its key are not sent. One request for each message.
   *
   * Default `'relaxed'`.
   */
  readonly order?: 'relaxed' | 'strict'
  /** How often a record is sent before it counts as not confirmed, 1 to 10. Default 4. */
  readonly maxAttempts?: number
  /** How many requests of this target run at once, whatever calls they are of. 1 to 50. Default 16. */
  readonly concurrency?: number
  /**
   * What the stream takes as `MaxRecordSizeInKiB`, in bytes, partition key included: 1,024 to 10,485,760 (10 MiB).
   * Default 1,048,576, which is that of a stream for which nothing else was set.
   */
  readonly maximumRecordSize?: number
  /**
   * `claimCheck({ store })` of `@spillway/kinesis/claim-check` puts messages that are too large for the stream into a
   * store. Default: they are rejected.
   */
  readonly claimCheck?: ClaimChecking
  /** Where the numbers go: `spillway.send.*`, each with `target: 'kinesis'`. Default: nowhere. */
  readonly telemetry?: Telemetry
  readonly clock?: Clock
  /** A number in `[0, 1)`, for the jitter. Default `Math.random`. */
  readonly random?: () => number
}

const rules: OptionRules<KinesisTargetOptions> = {
  streamName: isStreamName,
  streamArn: isStreamArn,
  client: isClient,
  order: oneOf('relaxed', 'strict'),
  maxAttempts: integer(1, 10),
  concurrency: integer(1, 50),
  maximumRecordSize: integer(1024, maxBytes),
  claimCheck: { ...objectWith('start'), expected: 'claimCheck({ store }) of @spillway/kinesis/claim-check' },
  telemetry: objectWith('count', 'duration'),
  clock: objectWith('now', 'sleep'),
  random: isFunction,
}

/**
 * Which stream the options name.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function checkTargetOptions(options: KinesisTargetOptions): StreamOf {
  checkOptions('kinesisTarget', options, rules)
  const { streamName, streamArn } = options
  if (streamName !== undefined && streamArn === undefined) return { StreamName: streamName }
  if (streamArn !== undefined && streamName === undefined) return { StreamARN: streamArn }
  const fault =
    streamName === undefined ? 'are both missing (is the environment variable set?)' : 'exclude each other'
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `kinesisTarget: the options \`streamName\` and \`streamArn\` ${fault}: give one of them.`,
  )
}
