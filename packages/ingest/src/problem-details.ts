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

/** What {@link problemDetails} takes. */
export interface ProblemDetailsOptions {
  /** Gets one line for each error that became a 5xx. Default: JSON on the console. */
  readonly logger?: Logger
  /** Counts `spillway.ingest.rejected`. Default: nothing. */
  readonly telemetry?: Telemetry
}

const rules: OptionRules<ProblemDetailsOptions> = {
  logger: objectWith('info', 'warn', 'error'),
  telemetry: objectWith('count', 'duration'),
}

/**
 * Answers every error of the middlewares and the handler as `application/problem+json` (RFC 9457). Put it first.
 *
 * An error with a `statusCode` keeps it, and shows its message when it says `expose: true`, as those of `http-errors`
 * and of middy do; any other is a 500 that tells nothing of its inside. What became a 5xx is logged, once, under the
 * `instance` that the client gets. 429 and 503 carry `Retry-After`.
 *
 * An error that another middleware has answered already stays answered, as is the custom of middy.
 *
 * An event that no HTTP front door sends gets no answer, whatever failed and whoever answered: the error is thrown, so
 * that Lambda does not take it for success.
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
    // The first that sees the event: `validate` may have to look at the text that a parser took away.
    before: function problemDetailsBefore({ event }) {
      keepText(event)
    },
    onError: function problemDetailsOnError(request) {
      const { event, error, context } = request
      const requestId = (context as { awsRequestId?: string } | undefined)?.awsRequestId
      if (!isHttp(event)) {
        if ((error as Partial<SpillwayError> | null)?.code !== 'SPILLWAY_EVENT_FOREIGN') {
          logger.error('spillway: an event that is no HTTP event failed: it gets no answer', {
            requestId,
            error,
          })
        }
        // Also where another middleware answered already: Lambda would take the answer for success.
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
