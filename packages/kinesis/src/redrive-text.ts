/**
 * The data of a record that goes back into its stream from where it was parked: the text of the copy, marked so that the
 * key of its message opens again. A copy that goes back without the mark is parked again where a parked store or an inbox
 * remembers it.
 *
 * @param text the text of the copy: an envelope
 * @param recordId the `recordId` of the copy; of a copy in a queue its attribute `spillway.recordId`, else
 * `spillway.sequenceNumber`
 * @throws SyntaxError for a text that is not JSON: it holds no message, and has no key to open
 */
export function redriveText(text: string, recordId: string): string {
  const value: unknown = JSON.parse(text)
  // No envelope: as with all that holds no message, it has no key to open.
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return text
  return JSON.stringify({ ...value, redriveOf: recordId })
}
