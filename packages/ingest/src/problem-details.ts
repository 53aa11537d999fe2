import type { MiddlewareObj } from '@middy/core'
import { consoleLogger, type Logger, type SpillwayError, type Telemetry } from '@spillway/message'
import {
  checkOptions,
  type OptionRules,
  objectWith,
  quietLogger,
  quietTelemetry,
} from '@spillway/message/internal'
import { isHttp, requireHttp } from './foreign-event.ts'
import type { HttpEvent } from './http-event.ts'
import { type HttpResponse, respond } from './http-response.ts'
import { type Problem, toProblem } from './problem.ts'
import { keepText } from './source-text.ts'

/** Options of {@link problemDetails}. */
export interface ProblemDetailsOptions {
  /** Logs each error that is answered with a 5xx. Default: JSON on the console. */
  readonly logger?: Logger
  /** Counts `spillway.ingest.rejected`. Default: none. */
  readonly telemetry?: Telemetry
}

const rules: OptionRules<ProblemDetailsOptions> = {
  logger: objectWith('info', 'warn', 'error'),
  telemetry: objectWith('count', 'duration'),
}

/**
 * Answers every error of the middlewares and the handler as `application/problem+json` (RFC 9457). Put it first.
 *
 * An error with a `statusCode` keeps it, and shows its message if it has `expose: true`, like the errors of
 * `http-errors` and of middy. Any other error becomes a 500 without details. Each 5xx is logged once, with the request
 * id that the client gets as
 * `instance`. 429 and 503 have `Retry-After`.
 *
 * An answer that another middleware already gave to the error stays, as usual in middy.
 *
 * An event that is not an HTTP request gets no answer: the error is thrown, so that Lambda does not take the invocation
 * for a success.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or of the wrong kind.
 */
export function problemDetails(options: ProblemDetailsOptions = {}): MiddlewareObj<HttpEvent, HttpResponse> {
  checkOptions('problemDetails', options, rules)
  const logger = quietLogger(options.logger ?? consoleLogger)
  const telemetry = quietTelemetry(options.telemetry)

  function count({ items, code, status }: Problem): void {
    for (const rejected of items ?? [{ code, status }]) {
      const attributes = { code: rejected.code ?? code, status: rejected.status }
      telemetry.count('spillway.ingest.rejected', 1, attributes)
    }
  }

  return {
    // Runs first: `validate` may need the text that a body parser replaces.
    before: function problemDetailsBefore({ event }) {
      keepText(event)
    },
    onError: function problemDetailsOnError(request) {
      const { event, error, context } = request
      const requestId = (context as { awsRequestId?: string } | undefined)?.awsRequestId
      if (!isHttp(event)) {
        if ((error as Partial<SpillwayError> | null)?.code !== 'SPILLWAY_EVENT_FOREIGN') {
          logger.error('spillway: no answer to an event that is not an HTTP request', {
            requestId,
            error,
          })
        }
        // Even if another middleware has answered: Lambda would take the answer for a success.
        if (error instanceof Error) throw error
        requireHttp('problemDetails', event)
      }
      if (request.response !== undefined && request.response !== null) return
      const { problem, headers } = toProblem(error, requestId)
      if (problem.status >= 500) {
        const { status, code } = problem
        logger.error(`spillway: ${status} ${problem.title}`, { status, code, requestId, error })
      }
      count(problem)
      request.response = respond(event, problem.status, headers, problem)
    },
  }
}
