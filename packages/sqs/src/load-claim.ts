import { createHash } from 'node:crypto'
import { type ClaimStore, SpillwayError, type TimeLimit, toError } from '@spillway/message'
import {
  type Claim,
  checkOptions,
  integer,
  maxClaimBytes,
  type OptionRules,
} from '@spillway/message/internal'
import { defaultPrefix, isClaimStore, isPlainKey, isPrefix } from './claim-check.ts'
import { race, within } from './time.ts'

/** Where the bodies of large messages are. */
export interface ClaimSourceOptions {
  /** For example `s3ClaimStore({ bucket })` of `@spillway/sqs/s3`: the store that the target puts them into. */
  readonly store: ClaimStore
  /**
   * What the keys in the store begin with, as at the target. No other key is fetched: who can write to the queue must
   * not be able to have the function read the rest of the bucket. Default `spillway/`.
   */
  readonly prefix?: string
  /**
   * Bytes that the large bodies of one batch take together. The rest of the batch is delivered again: it would not fit
   * into the memory of the function. From 1 up. Default 67,108,864 (64 MiB).
   */
  readonly maximumBatchBytes?: number
}

const rules: OptionRules<ClaimSourceOptions> = {
  store: isClaimStore,
  prefix: isPrefix,
  maximumBatchBytes: integer(1, Number.MAX_SAFE_INTEGER),
}

/** Fetches what claims stand for. */
export type ClaimLoader = (claim: Claim, limit: TimeLimit) => Promise<string>

/** Makes the loader of one batch. */
export type ClaimLoaders = () => ClaimLoader

/** Milliseconds after which a fetch is given up. */
const attemptMs = 10_000

/**
 * Loaders for the claims of a source.
 *
 * A loader rejects with `SPILLWAY_CLAIM_MISSING` when the body is gone for good or is not the one that was stored,
 * and with `SPILLWAY_CLAIM_FAILED` when another try may have it. Without a store, which is a fault of the function
 * rather than of the message, that is the latter: nothing is parked while a deploy puts it right.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function createClaimLoaders(options: ClaimSourceOptions | undefined): ClaimLoaders {
  if (options === undefined) return () => refuseClaim
  checkOptions('sqsSource.claimCheck', options, rules)
  const { store, prefix = defaultPrefix, maximumBatchBytes = 67_108_864 } = options

  return () => {
    let left = maximumBatchBytes
    return async function loadClaim(claim, limit) {
      const { key, bytes, sha256 } = claim
      if (!isOwn(key, prefix, sha256)) {
        throw missing('its key is not one that the target makes under the prefix of this source')
      }
      if (bytes > maxClaimBytes) throw missing('it is larger than any that the target makes')
      // The first of a batch is always fetched: else it would be fetched never.
      if (bytes > left && left < maximumBatchBytes)
        throw failed('the bodies of this batch take too much memory')
      left -= bytes
      const text = await get(store, key, limit)
      if (text === undefined) throw missing('the store has nothing under its key')
      // The size, too: one that is understated would get past the bound of the batch.
      if (Buffer.byteLength(text) !== bytes || createHash('sha256').update(text).digest('hex') !== sha256) {
        throw missing('the store has something else under its key')
      }
      return text
    }
  }
}

async function get(store: ClaimStore, key: string, limit: TimeLimit): Promise<string | undefined> {
  const attemptLimit = within(limit, attemptMs)
  try {
    return await race(store.get(key, attemptLimit), attemptLimit.signal)
  } catch (thrown) {
    if (thrown instanceof SpillwayError) throw thrown
    const cause = toError(thrown)
    throw failed(`the store did not give it (${cause.name})`, { cause })
  }
}

async function refuseClaim(): Promise<never> {
  throw failed('sqsSource has no option `claimCheck`, which says where it is')
}

/** The target's keys are the prefix, what a longer prefix adds, and the hash. */
function isOwn(key: string, prefix: string, sha256: string): boolean {
  return key.startsWith(prefix) && key.endsWith(sha256) && isPlainKey(key)
}

function missing(why: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CLAIM_MISSING',
    `The record stands for a large body, which is gone: ${why}.`,
  )
}

function failed(why: string, options?: ErrorOptions): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CLAIM_FAILED',
    `The record stands for a large body, which could not be fetched: ${why}.`,
    options,
  )
}
