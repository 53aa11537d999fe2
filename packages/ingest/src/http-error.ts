import { type ErrorCode, type Issue, SpillwayError } from '@spillway/message'

/** A part of a request. */
export type RequestPart = 'body' | 'query' | 'path' | 'headers'

/** Why one place of a request is invalid. */
export interface RequestIssue extends Issue {
  /** The part that holds the place. Default: the body. */
  readonly in?: RequestPart
}

/** Options of an {@link HttpError}. */
export interface HttpErrorOptions extends ErrorOptions {
  /** The places of the request that are invalid. */
  readonly issues?: readonly RequestIssue[] | undefined
  /** Seconds after which the client may try again. */
  readonly retryAfter?: number | undefined
  /** Headers of the response. */
  readonly headers?: Readonly<Record<string, string>>
  /** The result of each item of a bulk request: the member `items` of the problem (RFC 9457, section 3.2). */
  readonly items?: readonly ItemAnswer[]
}

/** The result of one item of a bulk request. */
export interface ItemAnswer {
  /**
   * The number of the item in the request, from 0; blank lines do not count. Absent for a body that the handler made,
   * if its item is not known.
   */
  readonly index?: number
  /** 202, 400, 413, 422, 500 or 503: what a request for this item alone would have. */
  readonly status: number
  /** The id of the message, which is its key. Absent for an invalid item, or when it has no valid key. */
  readonly id?: string
  readonly statusUrl?: string
  readonly code?: string
  readonly detail?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/**
 * An error with an HTTP status. `problemDetails` turns it into a response, as do middlewares that know the properties
 * of the package `http-errors` (`statusCode`, `expose`, `headers`).
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

/** The detail of the 400 for a request without a body. */
export const noBodyDetail = 'The request has no body.'

/** The 400 for a request without a body. */
export function noBody(): HttpError {
  return new HttpError(400, 'SPILLWAY_BODY_MALFORMED', noBodyDetail)
}
