import { SpillwayError, type Telemetry } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  integer,
  isClock,
  isRandom,
  type OptionRules,
  objectWith,
  oneOf,
} from '@spillway/message/internal'
import type { ClaimChecking } from '@spillway/transport'
import { isClient, type KinesisSendClient } from './client.ts'
import { maxBytes } from './limits.ts'
import { isStreamArn, isStreamName, type StreamOf } from './stream-name.ts'

/** Options of {@link kinesisTarget}. */
export interface KinesisTargetOptions {
  /** The name of the stream. Give either this or `streamArn`. */
  readonly streamName?: string | undefined
  /** The ARN of the stream: for a stream of another account. */
  readonly streamArn?: string | undefined
  /** Default: a client with the configuration of the SDK, without its retries. */
  readonly client?: KinesisSendClient
  /**
   * - `'relaxed'`: packs of 500 records, in parallel. Records that Kinesis did not accept are sent again, so a record may
   *   come after a later one of its partition key.
   * - `'strict'`: within a call, a message is sent only after the message before it with the same partition key was
   *   confirmed. One request for each message.
   *
   * Default `'relaxed'`.
   */
  readonly order?: 'relaxed' | 'strict'
  /** The most attempts to send a message, 1 to 10. Default 4. */
  readonly maxAttempts?: number
  /** The most requests of this target at once, of all calls together. 1 to 50. Default 16. */
  readonly concurrency?: number
  /**
   * `MaxRecordSizeInKiB` of the stream, in bytes: 1,024 to 10,485,760 (10 MiB), the partition key included. Default
   * 1,048,576, the default of a stream.
   */
  readonly maximumRecordSize?: number
  /**
   * `claimCheck({ store })` of `@spillway/kinesis/claim-check` stores messages that are too large for the stream. Default:
   * they are rejected.
   */
  readonly claimCheck?: ClaimChecking
  /** Gets the metrics `spillway.send.*`, each with `target: 'kinesis'`. Default: none. */
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
  clock: isClock,
  random: isRandom,
}

/**
 * Checks the options. Returns the stream.
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
