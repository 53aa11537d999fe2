import type { MiddlewareObj } from '@middy/core'
import type { SpillwayError } from '@spillway/message'
import { checkOptions, integer, isObject, type OptionRules, optionInvalid } from '@spillway/message/internal'
import { decodeBase64, startsWithMark } from './decode-base64.ts'
import { requireHttp } from './foreign-event.ts'
import { header } from './headers.ts'
import { HttpError } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { nestsDeeper } from './json-depth.ts'
import { isBinary, isNdjson, showContentType } from './media-type.ts'
import { keepText } from './source-text.ts'

/** What {@link bodyLimit} takes. */
export interface BodyLimitOptions {
  /**
   * The largest body in bytes, before base64, 1 to 10,485,760. Default 131,072 (128 KiB). An accepted body has to fit
   * into the queue, the dead-letter queue and the memory of the writer. Set a larger limit for a bulk endpoint.
   */
  readonly maxBytes?: number
  /** The deepest nesting of arrays and objects, 1 to 500. Default 64. In NDJSON the limit applies to each line. */
  readonly maxDepth?: number
}

const rules: OptionRules<BodyLimitOptions> = {
  maxBytes: integer(1, 10_485_760),
  maxDepth: integer(1, 500),
}

/**
 * Rejects a body before it is parsed: 413 when it is too large, 400 when it nests too deep or is not UTF-8, 415 when it
 * is compressed. Nothing here decompresses, so a small body cannot become a large one.
 *
 * Put it before the body parser. It also copies the content type of a load balancer's multi-value headers to where body
 * parsers look, and removes a byte order mark.
 *
 * For a binary body, `multipart/form-data` or an image for example, it checks the size only.
 *
 * Behind a body parser it could not limit anything, so every request is answered with 500.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or out of range.
 */
export function bodyLimit(options: BodyLimitOptions = {}): MiddlewareObj<HttpEvent> {
  checkOptions('bodyLimit', options, rules)
  const { maxBytes = 131_072, maxDepth = 64 } = options
  return {
    before: function bodyLimitBefore({ event }) {
      requireHttp('bodyLimit', event)
      showContentType(event)
      const { body } = event
      if (isObject(body)) throw tooLate()
      keepText(event)
      if (typeof body !== 'string' || body === '') return
      refuseEncoding(event)
      const base64 = event.isBase64Encoded === true
      if (Buffer.byteLength(body, base64 ? 'base64' : 'utf8') > maxBytes) {
        throw new HttpError(413, 'SPILLWAY_BODY_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`)
      }
      if (isBinary(event, body)) return
      const text = base64 ? decodeBase64(body) : body
      if (nestsDeeper(text, maxDepth, isNdjson(event))) {
        throw new HttpError(400, 'SPILLWAY_BODY_TOO_DEEP', `The body nests deeper than ${maxDepth} levels.`)
      }
      // A JSON parser rejects a byte order mark (RFC 8259, section 8.1); some editors write one.
      if (startsWithMark(text)) Object.assign(event, { body: text.slice(1), isBase64Encoded: false })
    },
  }
}

function tooLate(): SpillwayError {
  return optionInvalid('bodyLimit: the body is already parsed. Put bodyLimit() before the body parser.')
}

function refuseEncoding(event: HttpEvent): void {
  const encoding = header(event, 'content-encoding')?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return
  throw new HttpError(415, 'SPILLWAY_MEDIA_TYPE_UNSUPPORTED', 'Send the body without a content-encoding.', {
    headers: { 'accept-encoding': 'identity' },
  })
}
