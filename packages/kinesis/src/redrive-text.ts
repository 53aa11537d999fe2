import { wrap } from './redrive-wrapper.ts'

/**
 * The data of a record that goes back into its stream from where it was parked: the text of the copy, marked so that the
 * key of its message opens again. A copy that goes back without the mark is parked again where a parked store or an inbox
 * remembers it.
 *
 * An envelope of Spillway gets the mark as a field. Any other text is wrapped as it is, and `kinesisSource` takes it out
 * again before it is decoded.
 *
 * @param text the text of the copy
 * @param recordId the `recordId` of the copy; of a copy in a queue its attribute `spillway.recordId`, else
 * `spillway.sequenceNumber`
 */
export function redriveText(text: string, recordId: string): string {
  const envelope = envelopeIn(text)
  return envelope === undefined ? wrap(text, recordId) : JSON.stringify({ ...envelope, redriveOf: recordId })
}

function envelopeIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const { spillway } = Object(value) as { readonly spillway?: unknown }
    return typeof spillway === 'number' ? (value as object) : undefined
  } catch {
    return undefined
  }
}
