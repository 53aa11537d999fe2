import type { RequestIssue } from './http-error.ts'

/** An issue as a problem shows it. */
export interface ShownIssue {
  /** A JSON Pointer as a URI fragment (RFC 6901, section 6), which is how RFC 9457 shows it. */
  readonly pointer: string
  readonly detail: string
  /** The part that holds the place, unless it is the body. */
  readonly in?: 'query' | 'path' | 'headers'
}

/** Shows issues while the answer has room for them: the response stays small, whatever a client sends. */
export type ShowIssues = (issues: readonly RequestIssue[]) => readonly ShownIssue[]

/** The most characters of all issues of an answer. */
const room = 200_000

/** The most issues of one list. */
const mostIssues = 1000
const longestText = 500

/**
 * Room for the issues of an answer: 200,000 characters, 1,000 issues of a body, each text of 500 characters at most.
 */
export function issueRoom(): ShowIssues {
  let left = room
  return function showIssues(issues) {
    const shown: ShownIssue[] = []
    for (const { path, message, in: part = 'body' } of issues.slice(0, mostIssues)) {
      const issue = {
        ...(part !== 'body' && { in: part }),
        pointer: shorten(toFragment(path)),
        detail: shorten(message.toWellFormed()),
      }
      left -= issue.pointer.length + issue.detail.length + 40
      if (left < 0) break
      shown.push(issue)
    }
    return shown
  }
}

function shorten(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText).toWellFormed()}\u2026` : text
}

function toFragment(path: string): string {
  return `#${path
    .slice(0, longestText)
    .split('/')
    .map((token) => encodeURIComponent(token.toWellFormed()))
    .join('/')}`
}
