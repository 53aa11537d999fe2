import { isUtf8 } from 'node:buffer'

/** The text of a record, or the reason why it has none. */
export type DataText =
  | { readonly text: string }
  | {
      readonly fault: string
      /** Whether it has bytes, which a decoding may read. */
      readonly isBinary?: boolean
    }

/** How aggregated records of the Kinesis Producer Library begin (its "Aggregated record format"). */
const aggregated = Buffer.from([0xf3, 0x89, 0x9a, 0xc2])

/** How gzip begins (RFC 1952). All records of a CloudWatch Logs subscription are gzip. */
const gzip = Buffer.from([0x1f, 0x8b, 0x08])

/** Reads the data of a record, strictly: base64 of UTF-8. Never throws. */
export function readData(data: unknown): DataText {
  if (typeof data !== 'string' || data.length === 0) return { fault: 'The record has no data.' }
  const bytes = Buffer.from(data, 'base64')
  if (!isBase64(data, bytes.length)) return { fault: 'The data of the record is not base64.' }
  if (beginsWith(bytes, aggregated)) {
    return {
      fault:
        'The record was aggregated by the Kinesis Producer Library, which is not supported: set AggregationEnabled to false in the producer.',
    }
  }
  if (beginsWith(bytes, gzip)) {
    return {
      fault:
        'The data of the record is gzip, as a subscription of CloudWatch Logs sends it. Set `decode` to gzipped(…), or give the subscription a stream of its own.',
      isBinary: true,
    }
  }
  if (!isUtf8(bytes)) return { fault: 'The data of the record is not UTF-8 text.', isBinary: true }
  return { text: bytes.toString('utf8') }
}

function beginsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start)
}

/** Whether a text is entirely base64 (RFC 4648): Node skips other characters. */
function isBase64(data: string, bytes: number): boolean {
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0
  return data.length % 4 === 0 && (data.length / 4) * 3 - padding === bytes && !/[^A-Za-z0-9+/=]/.test(data)
}
