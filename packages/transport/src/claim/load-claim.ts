import { createHash } from 'node:crypto'
import type { ClaimStore, TimeLimit } from '@spillway/message'
import { SpillwayError, toError } from '@spillway/message'
import { checkOptions, integer, type OptionRules } from '@spillway/message/internal'
import { within } from '../time/deadline.ts'
import { type Claim, maxClaimBytes } from './claim.ts'
import { defaultPrefix, isClaimStore, isPlainKey, isPrefix } from './claim-check.ts'

/** Where the bodies of large messages are. */
export interface ClaimSourceOptions {
  /**
   * The store that the target puts them into: for example `s3ClaimStore({ bucket })`, which `@spillway/sqs/s3` and
   * `@spillway/kinesis/s3` export.
   */
  readonly store: ClaimStore
  /**
   * What the keys in the store begin with, as at the target. No other key is fetched: who can write to the queue or the stream must
   * not be able to have the function read the rest of the bucket. Default `spillway/`.
   */
  readonly prefix?: string
  /**
   * Bytes of large bodies that are fetched and written at a time; more of one batch are fetched and written after them,
   * and only what there is no time for is delivered again. Text and what is parsed from it take one to four times this in
   * memory, the more the smaller its values are. From 1 up. Default 67,108,864 (64 MiB).
   */
  readonly maximumBatchBytes?: number
}

const rules: OptionRules<ClaimSourceOptions> = {
  store: isClaimStore,
  prefix: isPrefix,
  maximumBatchBytes: integer(1, Number.MAX_SAFE_INTEGER),
}

/** Fetches what claims stand for. */
export interface ClaimLoader {
  /** Bytes of bodies that may be held at once. */
  readonly maximumBytes: number
  load(claim: Claim, limit: TimeLimit): Promise<string>
}

const defaultBatchBytes = 67_108_864

/** Milliseconds after which a fetch is given up. */
const attemptMs = 10_000

/**
 * A loader for the claims of a source.
 *
 * It rejects with `SPILLWAY_CLAIM_MISSING` when the body is gone for good or is not the one that was stored, and with
 * `SPILLWAY_CLAIM_FAILED` when another try may have it. Without a store, or with another prefix than that of the target,
 * which are faults of the function rather than of the message, that is the latter: nothing is parked while a deploy puts
 * it right.
 *
 * @param owner the source middleware that takes the options
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function createClaimLoader(owner: string, options: ClaimSourceOptions | undefined): ClaimLoader {
  if (options === undefined) {
    return { maximumBytes: defaultBatchBytes, load: () => Promise.reject(unconfigured(owner)) }
  }
  checkOptions(`${owner}.claimCheck`, options, rules)
  const { store, prefix = defaultPrefix, maximumBatchBytes = defaultBatchBytes } = options

  async function load({ key, bytes, sha256 }: Claim, limit: TimeLimit): Promise<string> {
    // The target's keys are its prefix and the hash.
    if (!key.endsWith(sha256) || !isPlainKey(key)) throw missing('its key is not one that a target makes')
    if (bytes > maxClaimBytes) throw missing('it is larger than any that a target makes')
    if (!key.startsWith(prefix)) {
      throw failed('its key is not under the prefix of this source, which must be that of the target')
    }
    const text = await get(store, key, bytes, limit)
    if (text === undefined) throw missing('the store has nothing under its key')
    // The size, too: one that is understated would get past the bound on what is held at once.
    if (Buffer.byteLength(text) !== bytes || createHash('sha256').update(text).digest('hex') !== sha256) {
      throw missing('the store has something else under its key')
    }
    return text
  }
  return { maximumBytes: maximumBatchBytes, load }
}

async function get(
  store: ClaimStore,
  key: string,
  bytes: number,
  limit: TimeLimit,
): Promise<string | undefined> {
  try {
    return await within(limit, attemptMs, (own) => store.get(key, own, bytes))
  } catch (thrown) {
    if (thrown instanceof SpillwayError) throw thrown
    const cause = toError(thrown)
    throw failed(`the store did not give it (${cause.name})`, { cause })
  }
}

function unconfigured(owner: string): SpillwayError {
  return failed(`${owner} has no option \`claimCheck\`, which says where it is`)
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
