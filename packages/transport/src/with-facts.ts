import { type DecodedText, type DecodingResult, isDecoded } from '@spillway/message'
import { envelopeIn } from '@spillway/message/internal'

/** Adds facts of the transport to a decoded text that does not have them. An envelope has them all. */
export function withFacts(
  result: DecodingResult,
  facts: Pick<DecodedText, 'time' | 'group'>,
): DecodingResult {
  // A decoding of the user may return anything; the batch core checks it.
  if (typeof result !== 'object' || result === null) return result
  if (!isDecoded(result) || !('body' in result) || envelopeIn(result) !== undefined) return result
  return { ...result, time: result.time ?? facts.time, group: result.group ?? facts.group }
}
