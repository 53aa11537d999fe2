import type { FauxApp } from '../faux-app.ts'
import type { WantedAttributes } from './fifo-message.ts'
import { ownGroup } from './intake.ts'
import { sendFault } from './send-fault.ts'

/** A request of fauxqs's server. */
export type FauxRequest = Parameters<Parameters<FauxApp['setErrorHandler']>[0]>[1]

/** One message of a request: the request itself, or an entry of a batch. */
export interface Item {
  readonly Id?: string
  readonly MessageGroupId?: unknown
  readonly MessageDeduplicationId?: unknown
  readonly ReceiptHandle?: string
  readonly VisibilityTimeout?: number
}

/** The part of the body of a request that concerns the delivery of a FIFO queue. */
export interface FifoRequest extends Item, WantedAttributes {
  readonly QueueUrl?: unknown
  readonly Entries?: readonly Item[]
  readonly MaxNumberOfMessages?: number
  readonly WaitTimeSeconds?: number
}

/** The action of a request: `SendMessage`, for example. */
export function actionOf(request: FauxRequest): string {
  return String(request.headers['x-amz-target']).replace('AmazonSQS.', '')
}

/** The last part of a URL or an ARN. */
export function nameOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf(':')) + 1)
}

/** Seconds. */
const longestVisibility = 43_200

/**
 * The request to pass to fauxqs, which then accepts messages but delivers none. An invalid value that fauxqs would
 * accept is replaced by one that it rejects.
 */
export function toFauxRequest(action: string, body: FifoRequest, position: () => number): FifoRequest {
  const withOwnGroup = <One extends Item>(item: One): One => {
    const { MessageGroupId: group } = item
    if (sendFault(item) !== undefined) return { ...item, MessageGroupId: '' }
    const hasGroup = typeof group === 'string' && group !== ''
    return hasGroup ? { ...item, MessageGroupId: ownGroup(group, position()) } : item
  }
  const each = (change: <One extends Item>(item: One) => One) =>
    body.Entries ? { ...body, Entries: body.Entries.map(change) } : body
  switch (action) {
    case 'SendMessage':
      return withOwnGroup(body)
    case 'SendMessageBatch':
      return each(withOwnGroup)
    case 'ReceiveMessage':
      return withoutReceiving(body)
    case 'ChangeMessageVisibility':
      return withRejectable(body)
    case 'ChangeMessageVisibilityBatch':
      return each(withRejectable)
    default:
      return body
  }
}

/** With a count that is not a number, fauxqs receives nothing. */
function withoutReceiving(body: FifoRequest): FifoRequest {
  const nothing = 'none' as unknown as number
  const isFine = (value: unknown, least: number, most: number) =>
    (value ?? undefined) === undefined || isWithin(value, least, most)
  const hasNames = [body.AttributeNames, body.MessageSystemAttributeNames, body.MessageAttributeNames].every(
    areNames,
  )
  return {
    ...body,
    MaxNumberOfMessages: isFine(body.MaxNumberOfMessages, 1, 10) && hasNames ? nothing : 0,
    VisibilityTimeout: isFine(body.VisibilityTimeout, 0, longestVisibility) ? 0 : -1,
    WaitTimeSeconds: isFine(body.WaitTimeSeconds, 0, 20) ? 0 : -1,
  }
}

function withRejectable<One extends Item>(item: One): One {
  return isWithin(item.VisibilityTimeout, 0, longestVisibility) ? item : { ...item, VisibilityTimeout: -1 }
}

function areNames(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
}
