import { createHash } from 'node:crypto'
import type { ClaimStore, TimeLimit } from '@spillway/message'
import { SpillwayError, toError } from '@spillway/message'
import { checkOptions, integer, type OptionRules } from '@spillway/message/internal'
import { within } from '../time/deadline.ts'
import { type Claim, maxClaimBytes } from './claim.ts'
import { defaultPrefix, isClaimStore, isPlainKey, isPrefix } from './claim-check.ts'

/** The option `claimCheck` of a source. */
export interface ClaimSourceOptions {
  /**
   * The store of the target: for example `s3ClaimStore({ bucket })`, which `@spillway/sqs/s3` and `@spillway/kinesis/s3`
   * export.
   */
  readonly store: ClaimStore
  /**
   * The prefix of the keys in the store, as in the target. No other key is fetched: a forged message must not make the
   * function read the rest of the bucket. Default `spillway/`.
   */
  readonly prefix?: string
  /**
   * The most bytes of large bodies in memory at a time. A batch with more is fetched and written in several steps. The
   * memory is one to four times this for the text and the parsed values. From 1 up. Default 67,108,864 (64 MiB).
   */
  readonly maximumBatchBytes?: number
}

const rules: OptionRules<ClaimSourceOptions> = {
  store: isClaimStore,
  prefix: isPrefix,
  maximumBatchBytes: integer(1, Number.MAX_SAFE_INTEGER),
}

/** Fetches the bodies of claims. */
export interface ClaimLoader {
  /** The most bytes of bodies in memory at a time. */
  readonly maximumBytes: number
  load(claim: Claim, limit: TimeLimit): Promise<string>
}

const defaultBatchBytes = 67_108_864

/** Milliseconds after which a fetch is aborted. */
const attemptMs = 10_000

/**
 * Creates the loader for the claims of a source.
 *
 * It rejects with `SPILLWAY_CLAIM_MISSING` when the body no longer exists or was replaced, and with
 * `SPILLWAY_CLAIM_FAILED` when another attempt may succeed. A missing store and a wrong prefix are faults of the function,
 * not of the message: they are `SPILLWAY_CLAIM_FAILED`, so that nothing is parked until the function is repaired.
 *
 * @param owner the name of the source, for errors
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function createClaimLoader(owner: string, options: ClaimSourceOptions | undefined): ClaimLoader {
  if (options === undefined) {
    return { maximumBytes: defaultBatchBytes, load: () => Promise.reject(unconfigured(owner)) }
  }
  checkOptions(`${owner}.claimCheck`, options, rules)
  const { store, prefix = defaultPrefix, maximumBatchBytes = defaultBatchBytes } = options

  async function load({ key, bytes, sha256 }: Claim, limit: TimeLimit): Promise<string> {
    // The keys of a target are its prefix and the hash.
    if (!key.endsWith(sha256) || !isPlainKey(key)) throw missing('a target makes no such key')
    if (bytes > maxClaimBytes) throw missing('a target stores nothing that large')
    if (!key.startsWith(prefix)) {
      throw failed(
        'its key does not begin with the prefix of this source, which must be the prefix of the target',
      )
    }
    const text = await get(store, key, bytes, limit)
    if (text === undefined) throw missing('the store has nothing under its key')
    // The size as well: with a size that is too small, a claim could exceed the bound on memory.
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
  return failed(`${owner} needs the option \`claimCheck\``)
}

function missing(why: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CLAIM_MISSING',
    `The record is a claim on a large body, which no longer exists: ${why}.`,
  )
}

function failed(why: string, options?: ErrorOptions): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CLAIM_FAILED',
    `The record is a claim on a large body, which could not be fetched: ${why}.`,
    options,
  )
}
