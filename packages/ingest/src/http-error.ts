import { type ErrorCode, type Issue, SpillwayError } from '@spillway/message'

/** A part of a request. */
export type RequestPart = 'body' | 'query' | 'path' | 'headers'

/** Why one place of a request is invalid. */
export interface RequestIssue extends Issue {
  /** Where the place is. Default: in the body. */
  readonly in?: RequestPart
}

/** What an {@link HttpError} may carry beside its message. */
export interface HttpErrorOptions extends ErrorOptions {
  /** The places of the request that are invalid. */
  readonly issues?: readonly RequestIssue[] | undefined
  /** Seconds after which the client may try again. */
  readonly retryAfter?: number | undefined
  /** Headers of the response. */
  readonly headers?: Readonly<Record<string, string>>
  /** What became of each item of a bulk request: the member `items` of the problem (RFC 9457, section 3.2). */
  readonly items?: readonly ItemAnswer[]
}

/** What became of one item of a bulk request. */
export interface ItemAnswer {
  /**
   * The number of the item in the request, from 0; blank lines do not count. None for a body that the handler made of no
   * item, or of one that cannot be known.
   */
  readonly index?: number
  /** 202, 400, 413, 422 or 503, as for a request of its own. */
  readonly status: number
  /** The message's id, its key; none for an item that is not valid, or of which no key can be made. */
  readonly id?: string
  readonly statusUrl?: string
  readonly code?: string
  readonly detail?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/**
 * An error with an HTTP status. `problemDetails` turns it into a response, and so do middlewares that know the
 * properties of the `http-errors` package (`statusCode`, `expose`, `headers`).
 */
export class HttpError extends SpillwayError {
  declare readonly statusCode: number
  /** Whether the client may see the message. */
  declare readonly expose: boolean
  declare readonly issues: readonly RequestIssue[] | undefined
  declare readonly retryAfter: number | undefined
  declare readonly headers: Readonly<Record<string, string>> | undefined
  declare readonly items: readonly ItemAnswer[] | undefined

  constructor(statusCode: number, code: ErrorCode, message: string, options: HttpErrorOptions = {}) {
    super(code, message, options)
    const { issues, retryAfter, headers, items } = options
    Object.assign(this, { statusCode, expose: true, issues, retryAfter, headers, items })
  }
}

/** What a request without a body is told, whoever finds out. */
export const noBodyDetail = 'The request has no body.'

/** The 400 for a request without a body, the same for the events of all kinds. */
export function noBody(): HttpError {
  return new HttpError(400, 'SPILLWAY_BODY_MALFORMED', noBodyDetail)
}
