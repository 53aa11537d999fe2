import type { MiddlewareObj } from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { decodeBase64, startsWithMark } from './decode-base64.ts'
import { requireHttp } from './foreign-event.ts'
import { HttpError, noBody } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { itemsInvalid, mostItems, tooManyItems } from './items-invalid.ts'
import { MalformedItem } from './malformed-item.ts'
import { isNdjson, showContentType } from './media-type.ts'
import { toProblem } from './problem.ts'
import { keepLines, keepText } from './source-text.ts'

/**
 * Parses a bulk body: a JSON array, or NDJSON (`application/x-ndjson`, `application/jsonl`: one JSON text per line). A
 * line of NDJSON that is not JSON is rejected alone. Use it before `validate({ bodies })`, in place of
 * `@middy/http-json-body-parser`, which it uses itself.
 */
export function bulkBodyParser(): MiddlewareObj<HttpEvent> {
  const json = parser()
  return {
    before: function bulkBodyParserBefore({ event }) {
      requireHttp('bulkBodyParser', event)
      const text = readText(event)
      if (isNdjson(event)) {
        if (typeof text !== 'string') throw itemsInvalid('There are no items.')
        const lines = linesOf(text)
        keepLines(event, lines)
        Object.assign(event, { body: parseLines(lines, json) })
      } else {
        if (text === undefined || text === null || text === '') throw noBody()
        keepText(event)
        showContentType(event)
        Object.assign(event, { body: readArray({ ...event, body: text }, json) })
      }
    },
  }
}

/** The body as text, without a byte order mark; a body that is not a string is returned unchanged. */
function readText({ body, isBase64Encoded }: HttpEvent): unknown {
  if (typeof body !== 'string') return body
  const text = isBase64Encoded === true ? decodeBase64(body) : body
  return startsWithMark(text) ? text.slice(1) : text
}

type Parse = (event: Pick<HttpEvent, 'headers' | 'body'>) => unknown

/** middy's parser as a function. It decides what is rejected. */
function parser(): Parse {
  const { before } = httpJsonBodyParser()
  return ({ headers, body }) => {
    const event = { headers, body, isBase64Encoded: false }
    before?.({ event } as never)
    return event.body
  }
}

function readArray(event: HttpEvent, json: Parse): unknown {
  try {
    return json(event)
  } catch (thrown) {
    if ((thrown as { statusCode?: unknown }).statusCode !== 415) throw thrown
    throw new HttpError(
      415,
      'SPILLWAY_MEDIA_TYPE_UNSUPPORTED',
      'Send a JSON array as application/json, or NDJSON as application/x-ndjson.',
      { cause: thrown },
    )
  }
}

const headers = Object.freeze({ 'content-type': 'application/json' })

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  // Checked before the lines are parsed.
  if (lines.length > mostItems) throw tooManyItems(lines.length, mostItems)
  return lines
}

function parseLines(lines: readonly string[], json: Parse): readonly unknown[] {
  return lines.map((body) => {
    try {
      return json({ headers, body })
    } catch (thrown) {
      return new MalformedItem(toProblem(thrown).problem.detail ?? 'The line is not valid JSON.')
    }
  })
}
