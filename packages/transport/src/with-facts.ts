import { type DecodedText, type DecodingResult, isDecoded } from '@spillway/message'
import { envelopeIn } from '@spillway/message/internal'

/** What was decoded, and what the transport knows where the text does not say it. An envelope says all. */
export function withFacts(
  result: DecodingResult,
  facts: Pick<DecodedText, 'time' | 'group'>,
): DecodingResult {
  // What a function of the user's own answers may be anything; who reads it says so.
  if (typeof result !== 'object' || result === null) return result
  if (!isDecoded(result) || !('body' in result) || envelopeIn(result) !== undefined) return result
  return { ...result, time: result.time ?? facts.time, group: result.group ?? facts.group }
}
