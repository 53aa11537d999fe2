import { optionInvalid } from '../options.ts'
import { type Decoding, type DecodingResult, notMine } from './decoding.ts'

/**
 * Tries decodings in order, for a queue with several kinds of producers: `firstOf(envelope(), plainJson())`. The first
 * one that does not return `notMine` decides, even if it refuses the text. Put `plainJson()` last: it accepts any JSON.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when there is no decoding, or one is not a function.
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
 * Checks the decodings that another one is made of.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when one is not a function.
 */
export function checkDecodings(owner: string, decodings: readonly unknown[]): void {
  if (decodings.length > 0 && decodings.every((decode) => typeof decode === 'function')) return
  throw optionInvalid(
    `${owner} takes decodings, for example plainJson(): functions of a text and its record.`,
  )
}
