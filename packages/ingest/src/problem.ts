import type { ErrorCode } from '@spillway/message'
import { type ForeignError, readForeignError } from './foreign-error.ts'
import { HttpError, type ItemAnswer, noBodyDetail, type RequestIssue } from './http-error.ts'
import { issueRoom, type ShownIssue } from './issue-list.ts'
import { phraseOf } from './phrase.ts'

/** A problem as defined by RFC 9457 ("Problem Details for HTTP APIs"). */
export interface Problem {
  /** Always `about:blank`; `code` identifies the problem. */
  readonly type: 'about:blank'
  /** The phrase of the status, for example `Unprocessable Content`. */
  readonly title: string
  readonly status: number
  readonly detail?: string | undefined
  /** A stable code for programs: one of Spillway's, that of an exposed error, else `HTTP_` and the status. */
  readonly code: string
  /** `urn:uuid:` and the request id of Lambda, which is in the log as well. */
  readonly instance?: string
  /** The places of the request that are invalid. */
  readonly errors?: readonly ShownIssue[] | undefined
  /** The result of each item of a bulk request. */
  readonly items?: readonly ItemAnswer[] | undefined
}

/** A problem and the headers of its response. */
export interface ProblemAnswer {
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>
}

/** Seconds that a client should wait when the error does not say. */
const defaultRetryAfter = 1

/** Describes an error to a client. An error that is not meant for clients becomes a 500 without its message. */
export function toProblem(error: unknown, requestId?: string): ProblemAnswer {
  const { status, retryAfter = defaultRetryAfter, headers, ...rest } = describe(error)
  return {
    problem: {
      type: 'about:blank',
      title: phraseOf(status),
      status,
      ...rest,
      ...(requestId !== undefined && uuid.test(requestId) && { instance: `urn:uuid:${requestId}` }),
    },
    headers: {
      'content-type': 'application/problem+json',
      ...headers,
      ...((status === 429 || status === 503) && { 'retry-after': String(retryAfter) }),
    },
  }
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** `JSON.stringify` leaves out members that are `undefined`. */
interface Description {
  readonly status: number
  readonly detail?: string | undefined
  readonly code: string
  readonly errors?: readonly ShownIssue[] | undefined
  readonly items?: readonly ItemAnswer[] | undefined
  readonly retryAfter?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

function describe(error: unknown): Description {
  if (!(error instanceof HttpError)) return describeForeign(readForeignError(error))
  const { statusCode, code, message, issues, items, retryAfter, headers } = error
  return {
    status: statusCode,
    detail: message,
    code,
    errors: issues && issueRoom()(issues),
    items,
    retryAfter,
    headers,
  }
}

function describeForeign(error: ForeignError): Description {
  const { statusCode: status, message, code, retryAfter, headers, cause, timedOut } = error
  if (timedOut) return own(503, 'SPILLWAY_DEADLINE', 'There was no time left. Try again with the same key.')
  if (status === undefined) return { status: 500, code: 'HTTP_500' }
  if (cause !== undefined && parsers.test(cause.package)) return describeParser(status, message, cause)
  return {
    status,
    detail: message,
    code: code ?? `HTTP_${status}`,
    headers,
    retryAfter,
    ...(status < 500 &&
      cause?.package === '@middy/validator' && { errors: issueRoom()(fromAjv(cause.data)) }),
  }
}

const parsers = /^@middy\/http-(?:json|urlencode|multipart)-body-parser$/

/** The content type that each parser expects. */
const wanted: Readonly<Record<string, string>> = {
  '@middy/http-urlencode-body-parser': 'application/x-www-form-urlencoded',
  '@middy/http-multipart-body-parser': 'multipart/form-data',
}

/** Parsers throw 422 for text that they cannot parse; in RFC 9110 a 422 is for well-formed content. */
function describeParser(
  status: number,
  message: string | undefined,
  { package: parser, data }: NonNullable<ForeignError['cause']>,
): Description {
  const type = wanted[parser]
  if (status === 415) {
    const detail = `Send the body as ${type ?? 'application/json'}.`
    return own(415, 'SPILLWAY_MEDIA_TYPE_UNSUPPORTED', detail)
  }
  if (status === 413) return own(413, 'SPILLWAY_BODY_TOO_LARGE', 'A part of the body is too large.')
  // Here `data` is the name; for other errors it is the body.
  const forbidden = message === 'Forbidden key in JSON body' && typeof data === 'string'
  if (forbidden) {
    return own(400, 'SPILLWAY_BODY_MALFORMED', `The body has a forbidden name: ${data}.`)
  }
  if (type === undefined && (data === undefined || data === null || data === '')) {
    return own(400, 'SPILLWAY_BODY_MALFORMED', noBodyDetail)
  }
  const marked = typeof data === 'string' && /^(?:\uFEFF|77u\/)/.test(data)
  const why = marked ? ': it starts with a byte order mark' : ''
  return own(400, 'SPILLWAY_BODY_MALFORMED', `The body is not valid ${type ?? 'JSON'}${why}.`)
}

function own(status: number, code: ErrorCode, detail: string): Description {
  return { status, code, detail }
}

/** The issues of Ajv that `@middy/validator` passes on. Their paths are places in the whole event. */
function fromAjv(data: unknown): readonly RequestIssue[] {
  if (!Array.isArray(data)) return []
  return data.flatMap((issue: unknown) => {
    const { instancePath, message } = Object(issue)
    return typeof instancePath === 'string' && typeof message === 'string'
      ? [{ path: instancePath, message }]
      : []
  })
}
