import type { RequestIssue } from './http-error.ts'

/** An issue as a problem shows it. */
export interface ShownIssue {
  /** A JSON Pointer as a URI fragment (RFC 6901, section 6), which is how RFC 9457 shows it. */
  readonly pointer: string
  readonly detail: string
  /** Where the place is, unless it is the body. */
  readonly in?: 'query' | 'path' | 'headers'
}

/** A response stays small, whatever a client sends. */
const mostIssues = 1000
const longestText = 500

/** Issues as a problem shows them: at most 1,000, each text at most 500 characters. */
export function showIssues(issues: readonly RequestIssue[]): readonly ShownIssue[] {
  return issues.slice(0, mostIssues).map(({ path, message, in: part = 'body' }) => ({
    ...(part !== 'body' && { in: part }),
    pointer: toFragment(shorten(path)),
    detail: shorten(message).toWellFormed(),
  }))
}

function shorten(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text
}

function toFragment(path: string): string {
  return `#${path
    .split('/')
    .map((token) => encodeURIComponent(token.toWellFormed()))
    .join('/')}`
}
