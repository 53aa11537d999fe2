import { optionInvalid } from '../options.ts'
import { type DecodedText, type Decoding, isDecoded } from './decoding.ts'
import { checkDecodings } from './first-of.ts'

/**
 * Sets the name of the messages of another decoding: for texts without a name, or with another one than in the
 * definition.
 *
 * @param name the name, or a function of what was decoded: `({ name }) => names[name]`. If it returns `undefined`, the
 * name stays
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an argument is of the wrong kind.
 */
export function named<Raw = unknown>(
  name: string | ((decoded: DecodedText, record: Raw) => string | undefined),
  inner: Decoding<Raw>,
): Decoding<Raw> {
  checkDecodings('named', [inner])
  if (typeof name !== 'function' && (typeof name !== 'string' || name === '')) {
    throw optionInvalid('named takes a name, or a function that gives one.')
  }
  return function decodeNamed(text, record) {
    const decoded = inner(text, record)
    if (!isDecoded(decoded)) return decoded
    const given = typeof name === 'function' ? name(decoded, record) : name
    return given === undefined ? decoded : { ...decoded, name: given }
  }
}
