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

/** Where large messages go, and from what size on. */
export interface ClaimCheckOptions {
  /** For example `s3ClaimStore({ bucket })`, which `@spillway/sqs/s3` and `@spillway/kinesis/s3` export. */
  readonly store: ClaimStore
  /**
   * Messages of more bytes, attributes included, go into the store. 0 to `maximumMessageSize`. Default: that size, so
   * that only what the queue or the stream cannot hold takes the detour.
   */
  readonly threshold?: number
  /** What the keys in the store begin with; the source has to know it. Default `spillway/`. */
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

/** Whether a key means the same to all that read it: some take `.` and `..` between slashes for folders. */
export function isPlainKey(key: string): boolean {
  return !key.split('/').some((part) => part === '.' || part === '..')
}

/** What the keys in the store begin with when nothing else is said. */
export const defaultPrefix = 'spillway/'

/** What the claim check of a target needs. */
export interface ClaimCheckContext {
  /** The target that takes the options. */
  readonly owner: string
  readonly maximumMessageSize: number
  /** The size of a message as its queue or stream counts it. */
  readonly sizeOf: (message: EncodedMessage) => number
  readonly maxAttempts: number
  readonly concurrency: number
  readonly clock: Clock
  readonly random: () => number
}

/** Puts large messages into a store and claims on them in their place. Never rejects. */
export type ClaimCheck = <Item extends Outgoing>(
  messages: readonly Item[],
  limit: TimeLimit,
) => Promise<readonly Item[]>

/** What {@link claimCheck} makes, for the option `claimCheck` of a target. */
export interface ClaimChecking {
  /** Called by the target. */
  start(context: ClaimCheckContext): ClaimCheck
}

const backoff: Backoff = { base: 100, cap: 2000 }

/** Milliseconds after which a put is given up and repeated. */
const attemptMs = 10_000

const rules: OptionRules<ClaimCheckOptions> = {
  store: isClaimStore,
  threshold: integer(0, Number.MAX_SAFE_INTEGER),
  prefix: isPrefix,
}

/**
 * Puts messages that are too large for their queue or stream into a store, and a claim on them in their place. Give the
 * source the same store and prefix.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function claimCheck(options: ClaimCheckOptions): ClaimChecking {
  checkOptions('claimCheck', options, rules)
  return { start: (context) => createClaimCheck(options, context) }
}

/**
 * Nothing is sent whose body is not in the store: a message whose put failed is rejected.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when the threshold is more than the queue or the stream takes.
 */
function createClaimCheck(options: ClaimCheckOptions, context: ClaimCheckContext): ClaimCheck {
  const { owner, maximumMessageSize, sizeOf, maxAttempts, concurrency, clock, random } = context
  const { store, threshold = maximumMessageSize, prefix = defaultPrefix } = options
  if (threshold > maximumMessageSize) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      `${owner}: the option \`threshold\` of claimCheck must be at most the ${maximumMessageSize} bytes that a message may have.`,
    )
  }
  const semaphore = createSemaphore(concurrency, { reserve: guardMs })

  /** What happened when it was not stored. */
  async function put(key: string, text: string, limit: TimeLimit): Promise<Rejected | undefined> {
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
    // Too many attributes, for example: it could not be sent anyway.
    if (claimedBytes > maximumMessageSize) return outgoing
    const refused = await put(key, message.body, limit)
    return refused === undefined
      ? { ...outgoing, message: claimed, bytes: claimedBytes }
      : { ...outgoing, refused }
  }

  return async function checkAll(messages, limit) {
    const results = [...messages]
    const large = [...messages.entries()].filter(
      ([, { bytes, refused }]) => refused === undefined && bytes > threshold,
    )
    // The semaphore is first come, first served: no call waits there with all its messages at once.
    await inParallel(large, concurrency, async ([position, message]) => {
      const checked = await semaphore.run(() => check(message, limit), limit)
      results[position] = checked ?? { ...message, refused: claimFailed('no time was left') }
    })
    return results
  }
}

function claimFailed(why: string): Rejected {
  const detail = `The message is too large for its queue or stream, and the store did not take it: ${why}.`
  return { status: 'rejected', code: 'SPILLWAY_CLAIM_FAILED', detail, retryable: true }
}
