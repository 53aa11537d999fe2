import { optionInvalid } from '../options.ts'
import { type Decoding, type DecodingResult, notMine } from './decoding.ts'

/**
 * Tries decodings one after the other, for a queue with producers of several kinds: `firstOf(envelope(), plainJson())`.
 * The first that knows the text as its own decides, also where it refuses it. Put `plainJson()` last: it takes whatever is
 * JSON.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when there is no decoding, or one is no function.
 */
export function firstOf<Raw = unknown>(...decodings: readonly Decoding<Raw>[]): Decoding<Raw> {
  checkDecodings('firstOf', decodings)
  return function decodeFirst(text, record) {
    const expected: string[] = []
    let found: string | undefined
    for (const decode of decodings) {
      const result: DecodingResult = decode(text, record)
      if (!('kind' in result) || result.kind !== 'not-mine') return result
      expected.push(result.expected)
      found ??= result.found
    }
    return notMine([...new Set(expected)].join(' or '), found)
  }
}

/**
 * Holds what a decoding is made of to what it has to be.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for what is no function.
 */
export function checkDecodings(owner: string, decodings: readonly unknown[]): void {
  if (decodings.length > 0 && decodings.every((decode) => typeof decode === 'function')) return
  throw optionInvalid(
    `${owner} takes decodings, for example plainJson(): functions of a text and its record.`,
  )
}
