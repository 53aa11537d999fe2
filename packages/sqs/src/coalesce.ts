/**
 * Concurrent calls share requests to a queue.
 *
 * @module
 */
import { checkOptions, integer, type OptionRules, oneOf } from '@spillway/message/internal'
import { type Coalescer, type CoalescerContext, createCoalescer } from './coalescer.ts'

/** Options of {@link coalesce}. */
export interface CoalesceOptions {
  /** The most milliseconds that a message waits for others, 0 to 1,000. Default 5. */
  readonly maxWait?: number
  /**
   * - `'auto'`: if an environment serves several requests at once: in a container, on Lambda Managed Instances, and if
   *   `AWS_LAMBDA_MAX_CONCURRENCY` is more than 1. Not on plain Lambda, which serves one request at a time.
   * - `'always'`: in every environment.
   *
   * Default `'auto'`.
   */
  readonly when?: 'auto' | 'always'
}

/** The value of the option `coalesce` of `sqsTarget`, made by {@link coalesce}. */
export interface Coalescing {
  /** Called by the target. Returns `undefined` if calls do not share requests. */
  start(context: Omit<CoalescerContext, 'maxWait'>): Coalescer | undefined
}

/** Environment variables by their names. */
type Environment = Readonly<Record<string, string | undefined>>

const rules: OptionRules<CoalesceOptions> = { maxWait: integer(0, 1000), when: oneOf('auto', 'always') }

/**
 * Lets the messages of concurrent calls share requests, each of which costs money: up to 10 messages or 1 MiB, gathered
 * for a few milliseconds. Calls with 10 messages or more have requests of their own.
 *
 * @example
 * ```ts
 * import { sqsTarget } from '@spillway/sqs'
 * import { coalesce } from '@spillway/sqs/coalesce'
 *
 * export const to = sqsTarget({ queueUrl: process.env.QUEUE_URL, coalesce: coalesce() })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or out of range.
 */
export function coalesce(options: CoalesceOptions = {}): Coalescing {
  checkOptions('coalesce', options, rules)
  const { maxWait = 5, when = 'auto' } = options
  return {
    start: (context) =>
      when === 'always' || servesManyRequests(process.env)
        ? createCoalescer({ ...context, maxWait })
        : undefined,
  }
}

/**
 * Whether this environment serves several requests at once. A plain Lambda environment serves one at a time, and its timers
 * are frozen between requests.
 *
 * Source: AWS Lambda Developer Guide, "Lambda Managed Instances" and "Defined runtime environment variables".
 */
function servesManyRequests(environment: Environment): boolean {
  if (environment.AWS_LAMBDA_FUNCTION_NAME === undefined) return true
  if (environment.AWS_LAMBDA_INITIALIZATION_TYPE === 'lambda-managed-instances') return true
  return Number(environment.AWS_LAMBDA_MAX_CONCURRENCY) > 1
}
