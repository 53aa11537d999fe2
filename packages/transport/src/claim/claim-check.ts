import { createHash } from 'node:crypto'
import type { ClaimStore, EncodedMessage, TimeLimit } from '@spillway/message'
import { SpillwayError, toError } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import {
  type Backoff,
  checkOptions,
  fullJitter,
  integer,
  isText,
  type OptionRule,
  type OptionRules,
  objectWith,
  required,
} from '@spillway/message/internal'
import { inParallel } from '../in-parallel.ts'
import type { Outgoing } from '../sending/outgoing.ts'
import type { Rejected } from '../sending/rejection.ts'
import { earlySignal, guardMs, within, workingTime } from '../time/deadline.ts'
import { createSemaphore } from '../time/semaphore.ts'
import { maxClaimBytes, toClaimEnvelope } from './claim.ts'

/** Options of {@link claimCheck}. */
export interface ClaimCheckOptions {
  /** For example `s3ClaimStore({ bucket })`, which `@spillway/sqs/s3` and `@spillway/kinesis/s3` export. */
  readonly store: ClaimStore
  /**
   * Messages of more bytes, attributes included, go into the store. 0 to the maximum message size, which is the default:
   * then only messages that are too large for the queue or the stream do.
   */
  readonly threshold?: number
  /** The prefix of the keys in the store. Give the source the same. Default `spillway/`. */
  readonly prefix?: string
}

/** Rule for an option that takes a {@link ClaimStore}. */
export const isClaimStore = required({
  ...objectWith('put', 'get'),
  expected: 'a claim store, for example s3ClaimStore({ bucket })',
})

/** Rule for the prefix of keys. */
export const isPrefix: OptionRule = {
  expected: "a string of 1 to 512 characters, without '.' or '..' between slashes",
  test: (value) => isText(value, 512) && isPlainKey(value),
}

/** Whether a key has no part `.` or `..`, which some stores resolve as folders. */
export function isPlainKey(key: string): boolean {
  return !key.split('/').some((part) => part === '.' || part === '..')
}

/** The default prefix of the keys in the store. */
export const defaultPrefix = 'spillway/'

/** What a target gives to its claim check. */
export interface ClaimCheckContext {
  /** The name of the target, for errors. */
  readonly owner: string
  readonly maximumMessageSize: number
  /** The size of a message as its queue or stream counts it. */
  readonly sizeOf: (message: EncodedMessage) => number
  readonly maxAttempts: number
  readonly concurrency: number
  readonly clock: Clock
  readonly random: () => number
}

/** Stores large messages and replaces them by claims. Never rejects. */
export type ClaimCheck = <Item extends Outgoing>(
  messages: readonly Item[],
  limit: TimeLimit,
) => Promise<readonly Item[]>

/** The value of the option `claimCheck` of a target, made by {@link claimCheck}. */
export interface ClaimChecking {
  /** Called by the target. */
  start(context: ClaimCheckContext): ClaimCheck
}

const backoff: Backoff = { base: 100, cap: 2000 }

/** Milliseconds after which a put is aborted and repeated. */
const attemptMs = 10_000

const rules: OptionRules<ClaimCheckOptions> = {
  store: isClaimStore,
  threshold: integer(0, Number.MAX_SAFE_INTEGER),
  prefix: isPrefix,
}

/**
 * Stores messages that are too large for their queue or stream, and sends claims in their place. Give the source the same
 * store and prefix.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function claimCheck(options: ClaimCheckOptions): ClaimChecking {
  checkOptions('claimCheck', options, rules)
  return { start: (context) => createClaimCheck(options, context) }
}

/**
 * Creates the claim check of a target. A message that could not be stored is rejected: no claim is sent without its body.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when the threshold is more than the queue or the stream takes.
 */
function createClaimCheck(options: ClaimCheckOptions, context: ClaimCheckContext): ClaimCheck {
  const { owner, maximumMessageSize, sizeOf, concurrency } = context
  const { store, threshold = maximumMessageSize, prefix = defaultPrefix } = options
  if (threshold > maximumMessageSize) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      `${owner}: the option \`threshold\` of claimCheck must be at most ${maximumMessageSize}, the most bytes of a message.`,
    )
  }
  const semaphore = createSemaphore(concurrency, { reserve: guardMs })

  async function check<Item extends Outgoing>(outgoing: Item, limit: TimeLimit): Promise<Item> {
    const { message } = outgoing
    const bytes = Buffer.byteLength(message.body)
    if (bytes > maxClaimBytes) return outgoing
    const sha256 = createHash('sha256').update(message.body).digest('hex')
    const key = prefix + sha256
    const body = toClaimEnvelope(message.body, { key, bytes, sha256 })
    if (body === undefined) return outgoing
    const claimed = { ...message, body }
    const claimedBytes = sizeOf(claimed)
    // It has too many attributes, for example, and could not be sent anyway.
    if (claimedBytes > maximumMessageSize) return outgoing
    const refused = await putText(store, { key, text: message.body }, context, limit)
    return refused === undefined
      ? { ...outgoing, message: claimed, bytes: claimedBytes }
      : { ...outgoing, refused }
  }

  return async function checkAll(messages, limit) {
    const results = [...messages]
    const large = [...messages.entries()].filter(
      ([, { bytes, refused }]) => refused === undefined && bytes > threshold,
    )
    // Not all at once: the semaphore serves in order, and other calls would wait for all messages of this one.
    await inParallel(large, concurrency, async ([position, message]) => {
      const checked = await semaphore.run(() => check(message, limit), limit)
      results[position] = checked ?? { ...message, refused: claimFailed('no time was left') }
    })
    return results
  }
}

/** Stores a text. Resolves to a rejection when it was not stored. */
async function putText(
  store: ClaimStore,
  { key, text }: { readonly key: string; readonly text: string },
  { maxAttempts, clock, random }: ClaimCheckContext,
  limit: TimeLimit,
): Promise<Rejected | undefined> {
  let failure = claimFailed('no time was left')
  for (let attempt = 1; ; attempt++) {
    const available = workingTime(limit)
    if (available === 0) return failure
    try {
      await within(limit, Math.min(attemptMs, available), (own) => store.put(key, text, own))
      return undefined
    } catch (thrown) {
      const cause = toError(thrown)
      failure = { ...claimFailed(cause.name), cause }
    }
    const wait = fullJitter(backoff, attempt, random())
    if (attempt >= maxAttempts || workingTime(limit) <= wait) return failure
    await clock.sleep(wait, earlySignal(limit))
  }
}

function claimFailed(why: string): Rejected {
  const detail = `The message is too large for its queue or stream, and the store did not take it: ${why}.`
  return { status: 'rejected', code: 'SPILLWAY_CLAIM_FAILED', detail, retryable: true }
}
