/** An error of the SQS API. */
export interface SqsError {
  readonly code: string
  readonly message: string
}

/** One entry of `Failed` in the answer to a batch action ("BatchResultErrorEntry" of the SQS API reference). */
export interface FailedEntry {
  readonly Id: string
  readonly SenderFault: true
  readonly Code: string
  readonly Message: string
}

/** The body of an error response. */
export function errorBody(error: SqsError): object {
  return { __type: `com.amazonaws.sqs#${error.code}`, message: error.message }
}

/** The header of an error, from which SDKs take its name. */
export function errorHeader(error: SqsError): string {
  return `${error.code};Sender`
}

/** The error as an entry of `Failed`. */
export function failedEntry(id: string, error: SqsError): FailedEntry {
  return { Id: id, SenderFault: true, Code: error.code, Message: error.message }
}

const withoutPrefix = [
  'InvalidAttributeValue',
  'InvalidMessageContents',
  'InvalidParameterValue',
  'MissingParameter',
  'ReceiptHandleIsInvalid',
]

/**
 * Turns fauxqs's error header into that of SQS. fauxqs adds a prefix to every code, SQS only to codes that had one in
 * its query protocol.
 */
export function queryErrorHeader(header: string): string {
  const code = header.replace(/^AWS\.SimpleQueueService\./, '').replace(/;.*$/, '')
  return withoutPrefix.includes(code) ? `${code};Sender` : header
}
