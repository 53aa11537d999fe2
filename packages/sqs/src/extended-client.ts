import { SpillwayError, type TimeLimit, toError } from '@spillway/message'
import { fieldsOf, notJson, parseJson } from '@spillway/message/internal'
import { within } from '@spillway/transport'
import type { SQSMessageAttributes } from 'aws-lambda'

/** The store of payloads of the SQS Extended Client: `s3Payloads` of `@spillway/sqs/s3`. */
export interface PayloadStore {
  /** The most bytes of a payload. */
  readonly maximumBytes: number
  /** Whether payloads may be read from a bucket. */
  has(bucket: string): boolean
  /**
   * The text under a key; `undefined` if there is none. Rejects when the store cannot be read.
   *
   * @param bytes the most bytes to read
   */
  get(bucket: string, key: string, limit: TimeLimit, bytes: number): Promise<string | undefined>
}

/** The pointer that a queue has in place of a large payload. */
export interface PayloadPointer {
  readonly bucket: string
  readonly key: string
  /** The size in bytes, as stated by the client. */
  readonly bytes: number | undefined
}

/** How pointers begin: of the present library, and of clients before version 2. */
const starts = [
  '["software.amazon.payloadoffloading.PayloadS3Pointer"',
  '["com.amazon.sqs.javamessaging.MessageS3Pointer"',
]

/** The attribute with the size of the payload, and its name before version 1.1 of the client. */
const sizes = ['ExtendedPayloadSize', 'SQSLargePayloadSize']

/** The pointer in the text of a record; `undefined` for any other text. */
export function readPointer(
  text: string,
  attributes: SQSMessageAttributes | undefined,
): PayloadPointer | undefined {
  if (!text.startsWith('["') || !starts.some((start) => text.startsWith(start))) return undefined
  const value = parseJson(text)
  const place = value === notJson ? undefined : fieldsOf((value as readonly unknown[])[1])
  const { s3BucketName: bucket, s3Key: key } = place ?? {}
  if (typeof bucket !== 'string' || typeof key !== 'string' || key === '') return undefined
  const size = sizes.map((name) => Number(attributes?.[name]?.stringValue)).find(Number.isSafeInteger)
  return { bucket, key, bytes: size !== undefined && size > 0 ? size : undefined }
}

/** Milliseconds after which a fetch is aborted. */
const attemptMs = 10_000

/** The most bytes of a payload: as stated by the client, and at most the maximum of the store. */
export function pointerBytes({ bytes }: PayloadPointer, { maximumBytes }: PayloadStore): number {
  return Math.min(bytes ?? maximumBytes, maximumBytes)
}

/**
 * Fetches a payload.
 *
 * Rejects with `SPILLWAY_CLAIM_MISSING` when it no longer exists or is too large, and with `SPILLWAY_CLAIM_FAILED` when
 * another attempt may succeed. The latter includes a bucket that is not listed, which is not read: the options of the
 * function may be wrong, or the pointer may be forged.
 */
export async function loadPayload(
  store: PayloadStore,
  pointer: PayloadPointer,
  limit: TimeLimit,
): Promise<string> {
  const { bucket, key, bytes = 0 } = pointer
  if (bytes > store.maximumBytes) throw missing(`it has more than ${store.maximumBytes} bytes`)
  if (!store.has(bucket)) throw failed('its bucket is not one of those that the function may read')
  let text: string | undefined
  try {
    text = await within(limit, attemptMs, (own) => store.get(bucket, key, own, pointerBytes(pointer, store)))
  } catch (thrown) {
    if (thrown instanceof SpillwayError) throw thrown
    const cause = toError(thrown)
    throw failed(`the store did not give it (${cause.name})`, { cause })
  }
  if (text === undefined) throw missing('the bucket has nothing under its key')
  return text
}

function missing(why: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CLAIM_MISSING',
    `The record is a pointer of the SQS Extended Client to a payload that cannot be read: ${why}.`,
  )
}

function failed(why: string, options?: ErrorOptions): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CLAIM_FAILED',
    `The record is a pointer of the SQS Extended Client to a payload that could not be fetched: ${why}.`,
    options,
  )
}
