import type { MiddlewareObj } from '@middy/core'
import { checkOptions, integer, type OptionRules } from '@spillway/message/internal'
import type { HttpEvent } from './http.ts'
import { HttpError } from './http-error.ts'

/** What {@link bodyLimit} takes. */
export interface BodyLimitOptions {
  /** The largest body, in bytes before base64. Default 1,000,000: what an SQS message holds, less its envelope. */
  readonly maxBytes?: number
}

const rules: OptionRules<BodyLimitOptions> = { maxBytes: integer(1, 10_485_760) }

/** Answers 413 to a body that is too large, before anything parses it. Put it before the body parser. */
export function bodyLimit(options: BodyLimitOptions = {}): MiddlewareObj<HttpEvent> {
  checkOptions('bodyLimit', options, rules)
  const { maxBytes = 1_000_000 } = options
  return {
    before: function bodyLimitBefore({ event }) {
      if (typeof event.body !== 'string') return
      if (Buffer.byteLength(event.body, event.isBase64Encoded === true ? 'base64' : 'utf8') <= maxBytes)
        return
      throw new HttpError(413, 'SPILLWAY_BODY_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`)
    },
  }
}
