import { checkOptions, integer, type OptionRule, type OptionRules } from '@spillway/message/internal'

/** When requests that run at the same time share what they send; see `coalesce` of {@link SqsTargetOptions}. */
export type CoalesceOption = 'auto' | boolean | CoalesceOptions

/** How the messages of several requests are gathered. */
export interface CoalesceOptions {
  /** Milliseconds that a message waits for company at most, 0 to 1,000. Default 5. */
  readonly maxWait?: number
}

/** Variables by their names, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Rule for the option. */
export const isCoalesceOption: OptionRule = {
  expected: "'auto', true, false or an object with `maxWait`",
  test: (value) =>
    value === 'auto' || typeof value === 'boolean' || (typeof value === 'object' && value !== null),
}

const rules: OptionRules<CoalesceOptions> = { maxWait: integer(0, 1000) }

const defaultWait = 5

/**
 * Milliseconds that a message waits for company, or `undefined` when messages are not gathered.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when `maxWait` is out of range.
 */
export function coalesceWait(option: CoalesceOption, environment: Environment): number | undefined {
  if (typeof option === 'object') {
    checkOptions('sqsTarget.coalesce', option, rules)
    return option.maxWait ?? defaultWait
  }
  const on = option === 'auto' ? servesManyRequests(environment) : option
  return on ? defaultWait : undefined
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
