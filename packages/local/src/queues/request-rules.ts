import type { SqsRequest } from './request-shape.ts'
import { type FailedEntry, failedEntry, type SqsError } from './sqs-error.ts'
import { storedAttributes } from './stored-binary.ts'
import { storedBody } from './stored-body.ts'

/** A batch without the entries that SQS would refuse. */
export interface CheckedBatch {
  readonly entries: readonly SqsRequest[]
  readonly failed: readonly FailedEntry[]
}

// fauxqs issues UUIDs. A handle of another shape was never issued; an old one is let pass, as on SQS.
const receiptHandle = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What SQS refuses and fauxqs accepts; `undefined` when there is nothing to refuse. */
export function checkRequest(request: SqsRequest): SqsError | undefined {
  const { DelaySeconds: delay, ReceiptHandle: handle } = request
  if (typeof delay === 'number' && !(Number.isInteger(delay) && delay >= 0 && delay <= 900)) {
    return {
      code: 'InvalidParameterValue',
      message: `Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
    }
  }
  if (typeof handle === 'string' && handle !== '' && !receiptHandle.test(handle)) {
    return { code: 'ReceiptHandleIsInvalid', message: 'The input receipt handle is invalid.' }
  }
  return undefined
}

/** The same for each entry of a batch. */
export function checkEntries(entries: readonly SqsRequest[]): CheckedBatch {
  const kept: SqsRequest[] = []
  const failed: FailedEntry[] = []
  for (const entry of entries) {
    const error = checkRequest(entry)
    if (error === undefined) kept.push(storable(entry))
    else failed.push(failedEntry(String(entry.Id), error))
  }
  return { entries: kept, failed }
}

/** The request with a body and attributes that fauxqs can hold. */
export function storable(request: SqsRequest): SqsRequest {
  const { MessageBody: body, MessageAttributes: attributes } = request
  return {
    ...request,
    ...(typeof body === 'string' && { MessageBody: storedBody(body) }),
    ...(attributes !== undefined && { MessageAttributes: storedAttributes(attributes) }),
  }
}
