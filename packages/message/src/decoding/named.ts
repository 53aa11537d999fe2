import { optionInvalid } from '../options.ts'
import { type DecodedText, type Decoding, isDecoded } from './decoding.ts'
import { checkDecodings } from './first-of.ts'

/**
 * Names what another decoding reads: where a text does not say which message it is, or calls it otherwise than the
 * definition does.
 *
 * @param name the name itself, or a function of what was decoded: `({ name }) => names[name]`. Where it gives nothing the
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
