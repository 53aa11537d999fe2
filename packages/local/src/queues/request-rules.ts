import { nameOf } from './fifo/requests.ts'
import type { SqsRequest } from './request-shape.ts'
import { noteSent } from './sent-facts.ts'
import { type FailedEntry, failedEntry, type SqsError } from './sqs-error.ts'
import { storedAttributes } from './stored-binary.ts'
import { storedBody } from './stored-body.ts'

/** A batch without the entries that SQS would reject. */
export interface CheckedBatch {
  readonly entries: readonly SqsRequest[]
  readonly failed: readonly FailedEntry[]
}

// fauxqs issues UUIDs, so a handle of another format was never issued. An old handle is accepted, as on SQS.
const receiptHandle = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The error of SQS for a request that fauxqs would accept; `undefined` for a valid request. */
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

/** Checks each entry of a batch. */
export function checkEntries(entries: readonly SqsRequest[], queueUrl: unknown): CheckedBatch {
  const kept: SqsRequest[] = []
  const failed: FailedEntry[] = []
  for (const entry of entries) {
    const error = checkRequest(entry)
    if (error === undefined) kept.push(storable(entry, queueUrl))
    else failed.push(failedEntry(String(entry.Id), error))
  }
  return { entries: kept, failed }
}

/** The request with a body and attributes that fauxqs can store. It notes the facts that fauxqs does not store. */
export function storable(request: SqsRequest, queueUrl: unknown): SqsRequest {
  const { MessageBody: body, MessageAttributes: attributes } = request
  const stored = typeof body === 'string' ? storedBody(body) : undefined
  if (typeof stored === 'object') {
    const { MessageGroupId, MessageSystemAttributes } = request
    const { AWSTraceHeader } = Object(MessageSystemAttributes) as { readonly AWSTraceHeader?: unknown }
    const { StringValue } = Object(AWSTraceHeader) as { readonly StringValue?: unknown }
    const queue = nameOf(String(queueUrl))
    noteSent(stored, { queue, groupId: textOr(MessageGroupId), traceHeader: textOr(StringValue) })
  }
  return {
    ...request,
    ...(stored !== undefined && { MessageBody: stored }),
    ...(attributes !== undefined && { MessageAttributes: storedAttributes(attributes) }),
  }
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
