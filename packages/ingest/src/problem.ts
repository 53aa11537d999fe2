import { STATUS_CODES } from 'node:http'
import type { Issue } from '@spillway/message'
import { HttpError } from './http-error.ts'

/** A problem, as RFC 9457 ("Problem Details for HTTP APIs") has it on the wire. */
export interface Problem {
  /** Always `about:blank`: `code` tells problems apart. */
  readonly type: 'about:blank'
  /** The phrase of the status, for example `Unprocessable Content`. */
  readonly title: string
  readonly status: number
  readonly detail?: string
  /** Stable, for programs. */
  readonly code?: string
  /** The places of the body that are invalid. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/** A problem and what its response needs beside it. */
export interface ProblemAnswer {
  readonly problem: Problem
  readonly retryAfter: number | undefined
}

/** Describes an error to a client. An error that is not meant for clients becomes a 500 without its message. */
export function toProblem(error: unknown): ProblemAnswer {
  if (error instanceof HttpError) {
    return {
      problem: problem(error.statusCode, error.message, error.code, error.issues),
      retryAfter: error.retryAfter,
    }
  }
  const { statusCode, expose, message, cause } = readHttpError(error)
  if (readPackage(cause) === '@middy/http-json-body-parser')
    return { problem: fromParser(statusCode), retryAfter: undefined }
  if (statusCode === undefined) return { problem: problem(500), retryAfter: undefined }
  return {
    problem: problem(statusCode, (expose ?? statusCode < 500) ? message : undefined),
    retryAfter: undefined,
  }
}

/** The parser answers 422 for text that is not JSON; RFC 9110 keeps 422 for content that is well-formed. */
function fromParser(statusCode: number | undefined): Problem {
  if (statusCode === 415) {
    return problem(415, 'Send the body as application/json.', 'SPILLWAY_MEDIA_TYPE_UNSUPPORTED')
  }
  return problem(400, 'The body is not valid JSON.', 'SPILLWAY_BODY_MALFORMED')
}

function problem(status: number, detail?: string, code?: string, issues?: readonly Issue[]): Problem {
  return {
    type: 'about:blank',
    // Node still has the phrases of RFC 4918 and RFC 2616 for these two; RFC 9110 renamed them.
    title: status === 422 ? 'Unprocessable Content' : status === 413 ? 'Content Too Large' : titleOf(status),
    status,
    ...(detail !== undefined && { detail }),
    ...(code !== undefined && { code }),
    ...(issues !== undefined && {
      errors: issues.map(({ path, message }) => ({ pointer: toFragment(path), detail: message })),
    }),
  }
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error'
}

/** A JSON Pointer as a URI fragment (RFC 6901, section 6), which is how RFC 9457 shows it. */
function toFragment(path: string): string {
  return `#${path
    .split('/')
    .map((token) => encodeURIComponent(token.toWellFormed()))
    .join('/')}`
}

interface ReadError {
  readonly statusCode: number | undefined
  readonly expose: boolean | undefined
  readonly message: string | undefined
  readonly cause: unknown
}

function readHttpError(error: unknown): ReadError {
  if (!(error instanceof Error)) {
    return { statusCode: undefined, expose: undefined, message: undefined, cause: undefined }
  }
  const { statusCode, expose, message, cause } = error as Error & { statusCode?: unknown; expose?: unknown }
  const valid = Number.isInteger(statusCode) && (statusCode as number) >= 400 && (statusCode as number) <= 599
  return {
    statusCode: valid ? (statusCode as number) : undefined,
    expose: typeof expose === 'boolean' ? expose : undefined,
    message,
    cause,
  }
}

function readPackage(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'package' in cause ? cause.package : undefined
}
