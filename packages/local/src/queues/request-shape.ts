import type { SqsError } from './sqs-error.ts'

/** The parameters for one message: a whole request, or an entry of a batch. */
export interface SqsRequest {
  readonly Id?: unknown
  readonly MessageBody?: unknown
  readonly MessageAttributes?: unknown
  readonly MessageGroupId?: unknown
  readonly MessageSystemAttributes?: unknown
  readonly DelaySeconds?: unknown
  readonly ReceiptHandle?: unknown
}

/** A request whose entries, if it has any, are objects. */
export interface ShapedRequest extends SqsRequest {
  readonly QueueUrl?: unknown
  readonly Entries?: readonly SqsRequest[] | null
}

/** SQS's error for a body that is not a request. */
export const unreadable: SqsError = {
  code: 'SerializationException',
  message: 'The request cannot be read: it is not JSON, or a value in it has the wrong type.',
}

/** SQS's error for a value of a wrong type. */
export const wrongValue: SqsError = {
  code: 'InvalidParameterValue',
  message: 'A parameter is missing or has a value of another type than it should.',
}

/** Whether a body has the shape of a request. */
export function isShaped(body: unknown): body is ShapedRequest {
  if (!isMessage(body)) return false
  const entries = 'Entries' in body ? body.Entries : undefined
  return entries === undefined || entries === null || (Array.isArray(entries) && entries.every(isMessage))
}

function isMessage(value: unknown): value is SqsRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  if (!('MessageBody' in value)) return true
  const { MessageBody: body } = value
  return body === undefined || body === null || typeof body === 'string'
}
