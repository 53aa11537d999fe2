import { isUtf8 } from 'node:buffer'
import { SpillwayError } from '@spillway/message'
import { isRecordId } from '@spillway/message/internal'

/**
 * Marks the data of a parked record that is put back into its stream, so that the key of its message opens again. Without
 * the mark it would be parked again as a duplicate, if a parked store or an inbox has its key.
 *
 * An envelope of Spillway gets one more field, and is otherwise unchanged. Other data gets a line before its first byte,
 * which `kinesisSource` removes before it decodes the record. The mark takes about 100 bytes.
 *
 * @param data the data of the parked record: its `text`, the bytes of its `base64`, or for a copy in a queue the result of
 * `parkedRecordOf` of `@spillway/kinesis/sqs`
 * @param recordId the `recordId` of the copy
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for an invalid id
 */
export function redriveData(data: string | Uint8Array, recordId: string): Uint8Array {
  if (!isRecordId(recordId)) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      'redriveData: `recordId` must be the id of the record that was parked, 1 to 256 printable characters of ASCII.',
    )
  }
  const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.copyBytesFrom(data)
  return markedEnvelope(bytes, recordId) ?? Buffer.concat([Buffer.from(lineOf(recordId)), bytes])
}

/** An envelope with the mark as its last field; `undefined` for other data. */
function markedEnvelope(bytes: Buffer, recordId: string): Buffer | undefined {
  if (!isUtf8(bytes)) return undefined
  const text = bytes.toString()
  if (!isEnvelope(text)) return undefined
  // Without JSON.parse and JSON.stringify, which would round large numbers of the body.
  const unmarked = text.replace(earlierMark, '')
  const end = unmarked.lastIndexOf('}')
  const mark = `,"redriveOf":${JSON.stringify(recordId)}`
  return Buffer.from(`${unmarked.slice(0, end)}${mark}${unmarked.slice(end)}`)
}

/** The mark of an earlier redrive. */
const earlierMark = /,"redriveOf":"(?:[^"\\]|\\.)*"(?=\}\s*$)/

function isEnvelope(text: string): boolean {
  try {
    const { spillway } = Object(JSON.parse(text)) as { readonly spillway?: unknown }
    return typeof spillway === 'number'
  } catch {
    return false
  }
}

const start = '{"spillway":1,"redriveOf":'

/** The line that marks data: JSON, but not an envelope, because it has no name, key and body. */
function lineOf(recordId: string): string {
  return `${start}${JSON.stringify(recordId)}}\n`
}

/** The longest line: with an id of 256 characters, all escaped. */
const longestLine = start.length + 600

/** The first characters of marked data in base64. Three bytes are four characters. */
const startBase64 = Buffer.from(start.slice(0, 24)).toString('base64')

/** Data without its mark. */
export interface Unmarked {
  readonly bytes: Buffer
  readonly redriveOf: string
}

/** Removes the line of {@link redriveData}; `undefined` for data without it. */
export function readMarked(base64: string): Unmarked | undefined {
  // Fast, because it runs for each record, and very few are redriven.
  if (!base64.startsWith(startBase64)) return undefined
  const bytes = Buffer.from(base64, 'base64')
  const end = bytes.subarray(0, longestLine).indexOf('\n')
  if (end === -1) return undefined
  const redriveOf = idIn(bytes.toString('utf8', 0, end))
  return redriveOf === undefined ? undefined : { bytes: bytes.subarray(end + 1), redriveOf }
}

function idIn(line: string): string | undefined {
  try {
    const { spillway, redriveOf, ...others } = Object(JSON.parse(line)) as Readonly<Record<string, unknown>>
    return spillway === 1 && isRecordId(redriveOf) && Object.keys(others).length === 0 ? redriveOf : undefined
  } catch {
    return undefined
  }
}
