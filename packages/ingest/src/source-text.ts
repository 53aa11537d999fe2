import { isObject, valueAt } from '@spillway/message/internal'
import { denotes } from './exact-integer.ts'
import type { HttpEvent } from './http-event.ts'
import type { IsExact } from './inspect-body.ts'

/** What a request's body was before it was parsed. */
interface Source {
  readonly body: string | null | undefined
  readonly base64: boolean
  /** The texts of NDJSON, by the place of their item. */
  readonly lines?: readonly string[]
  reading?: Reading
}

/** A body that was parsed again, with nothing in the place of an integer that its parser changed. */
interface Reading {
  readonly marked: unknown
  /** Integers beyond 2^53 - 1 as they were parsed. One that was changed may be in both. */
  readonly exact: Set<number>
  readonly changed: Set<number>
}

const sources = new WeakMap<HttpEvent, Source>()

/** Remembers the text of a body that nobody has parsed yet: a parser puts what it makes in its place. */
export function keepText(event: HttpEvent): void {
  // `problemDetails` sees events before anything has looked at what they are.
  if (!isObject(event)) return
  const { body, isBase64Encoded } = event
  // The first middleware has seen it already, as mostly.
  if (typeof body === 'string' && sources.get(event)?.body === body) return
  if (typeof body === 'string' || body === undefined || body === null) {
    sources.set(event, { body, base64: isBase64Encoded === true })
  }
}

/** Remembers the text that reaches the handler, should no middleware have parsed it. */
export function keepUnparsed(event: HttpEvent): void {
  if (typeof event.body === 'string' && !sources.has(event)) keepText(event)
}

/** Remembers the texts of NDJSON, whose items are parsed one by one. */
export function keepLines(event: HttpEvent, lines: readonly string[]): void {
  sources.set(event, { body: '', base64: false, lines })
}

/** Whether a request came without a body: some events have `null` for none, of which a parser makes JSON's `null`. */
export function lacksBody(event: HttpEvent): boolean {
  if (event.body !== undefined && event.body !== null && event.body !== '') return false
  const source = sources.get(event)
  // Where nobody has seen the text: an event of version 2.0 never has `null`.
  if (source === undefined) return event.body !== null || event.version !== '2.0'
  return source.lines === undefined && (source.body ?? '') === ''
}

/**
 * Tells the integers of a body that its parser changed. One whose text is not known counts as changed.
 *
 * @param at the place of an item in a bulk body
 */
export function exactAt(event: HttpEvent, at: readonly PropertyKey[] = []): IsExact {
  return (tokens, value) => Object.is(valueAt(readingOf(event)?.marked, [...at, ...tokens]), value)
}

/** The same for a body that a handler made, in which a number of the request may stand anywhere. */
export function exactAnywhere(event: HttpEvent): IsExact {
  return (_, value) => {
    const { exact, changed } = readingOf(event) ?? {}
    return exact?.has(value) === true && changed?.has(value) === false
  }
}

/** Parses a text once more: only a body that has an integer beyond 2^53 - 1 comes here. */
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
      // TypeScript does not know the third parameter yet, the source text of a number.
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
