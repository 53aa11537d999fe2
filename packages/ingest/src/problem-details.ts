import type { MiddlewareObj } from '@middy/core'
import { checkOptions, isFunction, type OptionRules } from '@spillway/message/internal'
import type { HttpEvent, HttpResponse } from './http.ts'
import { toProblem } from './problem.ts'

/** What {@link problemDetails} takes. */
export interface ProblemDetailsOptions {
  /** Called with each error that became a 5xx. Default: `console.error`. */
  readonly log?: (error: unknown) => void
}

const rules: OptionRules<ProblemDetailsOptions> = { log: isFunction }

/**
 * Answers every error of the middlewares and the handler as `application/problem+json` (RFC 9457). Put it first.
 *
 * An error with a `statusCode` keeps it; one that says `expose: false`, and any other, is a 500 that tells nothing
 * of its inside and goes to the log.
 */
export function problemDetails(options: ProblemDetailsOptions = {}): MiddlewareObj<HttpEvent, HttpResponse> {
  checkOptions('problemDetails', options, rules)
  const { log = (error) => console.error(error) } = options
  return {
    onError: function problemDetailsOnError(request) {
      const { problem, retryAfter } = toProblem(request.error)
      if (problem.status >= 500) log(request.error)
      request.response = {
        statusCode: problem.status,
        headers: {
          'content-type': 'application/problem+json',
          ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
        },
        body: JSON.stringify(problem),
      }
    },
  }
}
