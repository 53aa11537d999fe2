import { SpillwayError } from '@spillway/message'
import { integer, type OptionRule, type OptionRules, required } from '@spillway/message/internal'
import type { App, AppFunction, AppStream, AppStreamSource, FunctionOptions, StreamOptions } from './app.ts'
import { checkAppOptions } from './check-app-options.ts'
import { findNamed } from './find-named.ts'

/** What each of `streams` accepts. */
export const streamRules: OptionRules<StreamOptions> = { shards: required(integer(1, 1000)) }

/** The options that only a function that reads a stream may have. */
export const streamSourceRules = {
  parallelizationFactor: integer(1, 10),
  bisectBatchOnFunctionError: { expected: 'true or false', test: (value) => typeof value === 'boolean' },
  maximumRetryAttempts: orUnlimited(integer(0, 10_000)),
  maximumRecordAgeInSeconds: orUnlimited(integer(60, 604_800)),
  onFailure: { expected: 'an object with the name of a `bucket` or of a `queue`', test: isOnFailure },
} satisfies { readonly [Name in keyof FunctionOptions]?: OptionRule }

/** The streams of an app. */
export function toStreams(options: Readonly<Record<string, StreamOptions>>): readonly AppStream[] {
  return Object.entries(options).map(([name, stream]) => {
    checkAppOptions(`streams.${name}`, stream, streamRules)
    if (!/^[\w.-]{1,128}$/.test(name)) {
      const rule = '1 to 128 letters, digits, `_`, `.` and `-`'
      throw new SpillwayError('SPILLWAY_APP_INVALID', `The name of the stream '${name}' must be ${rule}.`)
    }
    return Object.freeze({ name, shards: stream.shards })
  })
}

/**
 * The event source mapping from a stream to a function; `undefined` when it reads none.
 *
 * @throws SpillwayError `SPILLWAY_APP_INVALID` when one function has options of a queue and of a stream.
 */
export function toStreamSource(name: string, options: FunctionOptions): AppStreamSource | undefined {
  const { stream } = options
  if (stream === undefined) {
    const names = Object.keys(streamSourceRules) as (keyof typeof streamSourceRules)[]
    const odd = names.find((option) => options[option] !== undefined)
    if (odd !== undefined) throw invalid(name, `has \`${odd}\`, which is for a function that reads a stream.`)
    return undefined
  }
  if (options.queue !== undefined) {
    throw invalid(name, 'reads a queue and a stream: split it into one function for each.')
  }
  if (options.maximumConcurrency !== undefined) {
    const limit = 'a stream causes at most shards × parallelizationFactor invocations at once'
    throw invalid(name, `has a \`maximumConcurrency\`, which is for a queue: ${limit}.`)
  }
  return Object.freeze({
    stream,
    batchSize: options.batchSize ?? 100,
    batchingWindow: options.batchingWindow ?? 0,
    parallelizationFactor: options.parallelizationFactor ?? 1,
    bisectBatchOnFunctionError: options.bisectBatchOnFunctionError ?? true,
    maximumRetryAttempts: options.maximumRetryAttempts ?? -1,
    maximumRecordAgeInSeconds: options.maximumRecordAgeInSeconds ?? 43_200,
    onFailure: Object.freeze({ ...(options.onFailure ?? { bucket: `${stream}-failed` }) }),
  })
}

/** The most concurrent invocations for the stream of a function; `undefined` when it reads none. */
export function streamConcurrency(app: App, { streamSource }: AppFunction): number | undefined {
  if (streamSource === undefined) return undefined
  return findStream(app, streamSource.stream).shards * streamSource.parallelizationFactor
}

/**
 * A stream of an app by its name.
 *
 * @throws SpillwayError `SPILLWAY_APP_INVALID` when the app has no such stream; the message suggests the nearest name.
 */
export function findStream(app: App, name: string): AppStream {
  return findNamed(app, 'stream', app.streams, name)
}

function orUnlimited(rule: OptionRule): OptionRule {
  return { expected: `-1 or ${rule.expected}`, test: (value) => value === -1 || rule.test(value) }
}

function isOnFailure(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const [[kind, name] = [], ...others] = Object.entries(value)
  const isKind = kind === 'bucket' || kind === 'queue'
  // The local runtime uses the name of a bucket as the name of a folder, so it must not be a path elsewhere.
  return isKind && typeof name === 'string' && /^[\w.-]*\w[\w.-]*$/.test(name) && others.length === 0
}

function invalid(name: string, what: string): SpillwayError {
  return new SpillwayError('SPILLWAY_APP_INVALID', `functions.${name} ${what}`)
}
