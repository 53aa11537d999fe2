import { isUtf8 } from 'node:buffer'

/** The text of a record, or why it has none. */
export type DataText =
  | { readonly text: string }
  | {
      readonly fault: string
      /** Whether there are bytes, which a decoding may read. */
      readonly isBinary?: boolean
    }

/** What aggregated records of the Kinesis Producer Library begin with (its "Aggregated record format"). */
const aggregated = Buffer.from([0xf3, 0x89, 0x9a, 0xc2])

/** What gzip begins with (RFC 1952): the records of a CloudWatch Logs subscription, `CONTROL_MESSAGE` included, are gzip. */
const gzip = Buffer.from([0x1f, 0x8b, 0x08])

/** Reads the data of a record: base64 of UTF-8, of which nothing is guessed or replaced. Never throws. */
export function readData(data: unknown): DataText {
  if (typeof data !== 'string' || data.length === 0) return { fault: 'The record has no data.' }
  const bytes = Buffer.from(data, 'base64')
  if (!isBase64(data, bytes.length)) return { fault: 'The data of the record is not base64.' }
  if (beginsWith(bytes, aggregated)) {
    return {
      fault:
        'The record was aggregated by the Kinesis Producer Library, which this reader does not take apart: set AggregationEnabled to false in the producer.',
    }
  }
  if (beginsWith(bytes, gzip)) {
    return {
      fault:
        'The data of the record is gzip, which this reader does not decompress. A subscription of CloudWatch Logs sends such records: give it a stream and a handler of its own, or let `decode` read it with gzipped(…).',
      isBinary: true,
    }
  }
  if (!isUtf8(bytes)) return { fault: 'The data of the record is not UTF-8 text.', isBinary: true }
  return { text: bytes.toString('utf8') }
}

function beginsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start)
}

/** Whether a text was base64 (RFC 4648) to its last character: Node skips what is not. */
function isBase64(data: string, bytes: number): boolean {
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0
  return data.length % 4 === 0 && (data.length / 4) * 3 - padding === bytes && !/[^A-Za-z0-9+/=]/.test(data)
}
