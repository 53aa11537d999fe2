import { isUtf8 } from 'node:buffer'
import { gunzipSync } from 'node:zlib'
import { checkOptions, integer, type OptionRules } from '../options.ts'
import { type Decoding, notMine, refuse } from './decoding.ts'
import { checkDecodings } from './first-of.ts'

/**
 * Decodes base64 (RFC 4648, with padding) of UTF-8 text, and then the text with another decoding.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when `inner` is not a decoding.
 */
export function base64<Raw = unknown>(inner: Decoding<Raw>): Decoding<Raw> {
  checkDecodings('base64', [inner])
  return function decodeBase64(text, record) {
    const bytes = bytesOf(text)
    if (bytes === undefined || !isUtf8(bytes)) return notMine('base64 of UTF-8 text')
    return inner(bytes.toString(), record)
  }
}

/** Options of {@link gzipped}. */
export interface GzippedOptions {
  /**
   * The most bytes of a decompressed text, 1 to 104,857,600. A producer must not be able to exhaust the memory. A
   * larger text is parked. Default 16,777,216 (16 MiB).
   */
  readonly maximumBytes?: number
}

const rules: OptionRules<GzippedOptions> = { maximumBytes: integer(1, 104_857_600) }

const defaultBytes = 16_777_216

/**
 * Decodes gzipped UTF-8 text, and then the text with another decoding. A queue holds gzip in base64; a stream may hold
 * the bytes themselves.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when `inner` is not a decoding, or an option is unknown or out of
 * range.
 */
export function gzipped<Raw = unknown>(inner: Decoding<Raw>, options: GzippedOptions = {}): Decoding<Raw> {
  checkDecodings('gzipped', [inner])
  checkOptions('gzipped', options, rules)
  const { maximumBytes = defaultBytes } = options

  return function decodeGzipped(text, record) {
    const bytes = bytesOf(text)
    if (bytes === undefined || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return notMine('gzip in base64')
    const inflated = inflate(bytes, maximumBytes)
    if (typeof inflated === 'string') return refuse(`The record holds gzip ${inflated}.`)
    if (!isUtf8(inflated)) return refuse('The record holds gzip of what is not UTF-8 text.')
    return inner(inflated.toString(), record)
  }
}

/** The decompressed bytes, or what is wrong with them. */
function inflate(bytes: Buffer, maxOutputLength: number): Buffer | string {
  try {
    return gunzipSync(bytes, { maxOutputLength })
  } catch (thrown) {
    const { code } = Object(thrown) as { readonly code?: unknown }
    return code === 'ERR_BUFFER_TOO_LARGE' ? `of more than ${maxOutputLength} bytes` : 'that is damaged'
  }
}

/**
 * The bytes of a text that is base64 throughout; `undefined` for any other text. Node alone would skip invalid
 * characters.
 */
function bytesOf(text: string): Buffer | undefined {
  if (text.length === 0 || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}
