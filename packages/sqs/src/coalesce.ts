/**
 * Requests that run at the same time share what they send to a queue.
 *
 * @module
 */
import { checkOptions, integer, type OptionRules, oneOf } from '@spillway/message/internal'
import { type Coalescer, type CoalescerContext, createCoalescer } from './coalescer.ts'

/** What {@link coalesce} takes. */
export interface CoalesceOptions {
  /** Milliseconds that a message waits for company at most, 0 to 1,000. Default 5. */
  readonly maxWait?: number
  /**
   * - `'auto'`: where an environment serves several requests at once: in a container, on Lambda Managed Instances and
   *   wherever `AWS_LAMBDA_MAX_CONCURRENCY` is more than 1. Not on plain Lambda, where an environment has one request at
   *   a time.
   * - `'always'`: everywhere.
   *
   * Default `'auto'`.
   */
  readonly when?: 'auto' | 'always'
}

/** What {@link coalesce} makes, for the option `coalesce` of `sqsTarget`. */
export interface Coalescing {
  /** Called by the target. Gives `undefined` where messages are not gathered. */
  start(context: Omit<CoalescerContext, 'maxWait'>): Coalescer | undefined
}

/** Variables by their names, as in `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>

const rules: OptionRules<CoalesceOptions> = { maxWait: integer(0, 1000), when: oneOf('auto', 'always') }

/**
 * Lets messages of calls that run at the same time share requests, which cost money: up to 10 messages or 1 MiB,
 * gathered for a few milliseconds. Calls of 10 messages and more go by themselves.
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
 * Whether this environment works on several requests at once. A plain Lambda environment has one, and freezes its
 * timers between two.
 *
 * Source: AWS Lambda Developer Guide, "Lambda Managed Instances" and "Defined runtime environment variables".
 */
function servesManyRequests(environment: Environment): boolean {
  if (environment.AWS_LAMBDA_FUNCTION_NAME === undefined) return true
  if (environment.AWS_LAMBDA_INITIALIZATION_TYPE === 'lambda-managed-instances') return true
  return Number(environment.AWS_LAMBDA_MAX_CONCURRENCY) > 1
}
