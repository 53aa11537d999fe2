import { type ErrorCode, type Issue, SpillwayError } from '@spillway/message'

/** What an {@link HttpError} may carry beside its message. */
export interface HttpErrorOptions extends ErrorOptions {
  /** The places of the body that are invalid. */
  readonly issues?: readonly Issue[]
  /** Seconds after which the client may try again. */
  readonly retryAfter?: number
}

/**
 * An error with an HTTP status. `problemDetails` turns it into a response, and so do middlewares that know the
 * properties of the `http-errors` package (`statusCode`, `expose`).
 */
export class HttpError extends SpillwayError {
  readonly statusCode: number
  /** Whether the client may see the message. */
  readonly expose: boolean
  readonly issues: readonly Issue[] | undefined
  readonly retryAfter: number | undefined

  constructor(statusCode: number, code: ErrorCode, message: string, options: HttpErrorOptions = {}) {
    super(code, message, options.cause === undefined ? {} : { cause: options.cause })
    this.statusCode = statusCode
    this.expose = true
    this.issues = options.issues
    this.retryAfter = options.retryAfter
  }
}
