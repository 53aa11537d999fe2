import type { MiddlewareObj } from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import type { HttpEvent } from './http-event.ts'
import { MalformedItem } from './malformed-item.ts'
import { isNdjson, showContentType } from './media-type.ts'
import { toProblem } from './problem.ts'

/**
 * Parses a bulk body: a JSON array, or NDJSON (`application/x-ndjson`, `application/jsonl`: a JSON text on each line),
 * in which a line that is not JSON costs only itself. Takes the place of `@middy/http-json-body-parser`, which it
 * uses, before `validate({ bodies })`.
 */
export function bulkBodyParser(): MiddlewareObj<HttpEvent> {
  const json = parse()
  return {
    before: function bulkBodyParserBefore(request) {
      const { event } = request
      if (!isNdjson(event)) {
        showContentType(event)
        Object.assign(event, { body: json(event) })
        return
      }
      const { body } = event
      if (typeof body !== 'string') return
      const text = event.isBase64Encoded === true ? Buffer.from(body, 'base64').toString() : body
      Object.assign(event, { body: parseLines(text, json) })
    },
  }
}

type Parse = (event: Pick<HttpEvent, 'headers' | 'body' | 'isBase64Encoded'>) => unknown

/** middy's parser as a function: it has the rules of what is refused. */
function parse(): Parse {
  const { before } = httpJsonBodyParser()
  return ({ headers, body, isBase64Encoded }) => {
    const event = { headers, body, isBase64Encoded }
    before?.({ event } as never)
    return event.body
  }
}

const headers = Object.freeze({ 'content-type': 'application/json' })

function parseLines(text: string, json: Parse): readonly unknown[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((body) => {
    try {
      return json({ headers, body, isBase64Encoded: false })
    } catch (thrown) {
      return new MalformedItem(toProblem(thrown).problem.detail ?? 'The line is not valid JSON.')
    }
  })
}
