import { isObject, valueAt } from '@spillway/message/internal'
import { denotes } from './exact-integer.ts'
import type { HttpEvent } from './http-event.ts'
import type { IsExact } from './inspect-body.ts'

/** The body of a request before it was parsed. */
interface Source {
  readonly body: string | null | undefined
  readonly base64: boolean
  /** The lines of NDJSON, by the place of the item. */
  readonly lines?: readonly string[]
  reading?: Reading
}

/** A body that was parsed again, without the integers that its parser changed. */
interface Reading {
  readonly marked: unknown
  /** Numbers beyond 2^53 - 1 in the body, from integers that the parser kept exactly or changed. One may be in both. */
  readonly exact: Set<number>
  readonly changed: Set<number>
}

const sources = new WeakMap<HttpEvent, Source>()

/** Remembers the text of a body before a parser replaces it. */
export function keepText(event: HttpEvent): void {
  // `problemDetails` gets events before they are checked.
  if (!isObject(event)) return
  const { body, isBase64Encoded } = event
  // Usually an earlier middleware has remembered it.
  if (typeof body === 'string' && sources.get(event)?.body === body) return
  if (typeof body === 'string' || body === undefined || body === null) {
    sources.set(event, { body, base64: isBase64Encoded === true })
  }
}

/** Remembers the text when no middleware has parsed it before the handler. */
export function keepUnparsed(event: HttpEvent): void {
  if (typeof event.body === 'string' && !sources.has(event)) keepText(event)
}

/** Remembers the lines of NDJSON. */
export function keepLines(event: HttpEvent, lines: readonly string[]): void {
  sources.set(event, { body: '', base64: false, lines })
}

/**
 * Whether a request has no body. Some events have `null` then, which a parser leaves or reads as the `null` of JSON.
 */
export function lacksBody(event: HttpEvent): boolean {
  if (event.body !== undefined && event.body !== null && event.body !== '') return false
  const source = sources.get(event)
  // The text is not known here. An event of version 2.0 never has `null` for a missing body.
  if (source === undefined) return event.body !== null || event.version !== '2.0'
  return source.lines === undefined && (source.body ?? '') === ''
}

/**
 * Tells whether an integer of a body is exact, that is, not changed by its parser. Without the text of the body, none
 * is.
 *
 * @param at the place of the item in a bulk body
 */
export function exactAt(event: HttpEvent, at: readonly PropertyKey[] = []): IsExact {
  return (tokens, value) => Object.is(valueAt(readingOf(event)?.marked, [...at, ...tokens]), value)
}

/** The same for a body that a handler made: a number of the request may be anywhere in it. */
export function exactAnywhere(event: HttpEvent): IsExact {
  return (_, value) => {
    const { exact, changed } = readingOf(event) ?? {}
    return exact?.has(value) === true && changed?.has(value) === false
  }
}

/** Parses the text once more, only for a body with an integer beyond 2^53 - 1. */
function readingOf(event: HttpEvent): Reading | undefined {
  const source = sources.get(event)
  if (source === undefined) return undefined
  source.reading ??= read(source)
  return source.reading
}

function read({ body, base64, lines }: Source): Reading {
  const exact = new Set<number>()
  const changed = new Set<number>()
  const text = base64 ? Buffer.from(body ?? '', 'base64').toString() : (body ?? '')
  return { marked: lines?.map(mark) ?? mark(text), exact, changed }

  function mark(json: string): unknown {
    try {
      // TypeScript does not know the third parameter of a reviver yet, which has the source text of a number.
      return JSON.parse(json.replace(/^\uFEFF/, ''), keepExact as (name: string, value: unknown) => unknown)
    } catch {
      return undefined
    }
  }

  function keepExact(_: string, value: unknown, context?: { readonly source?: string }): unknown {
    if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value
    const same = denotes(context?.source ?? '', value)
    ;(same ? exact : changed).add(value)
    return same ? value : undefined
  }
}
