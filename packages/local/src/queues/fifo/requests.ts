import type { FauxApp } from '../faux-app.ts'
import type { WantedAttributes } from './fifo-message.ts'
import { ownGroup } from './intake.ts'

/** A request as fauxqs's server has it. */
export type FauxRequest = Parameters<Parameters<FauxApp['setErrorHandler']>[0]>[1]

/** One message of a request: the request itself, or an entry of a batch. */
export interface Item {
  readonly Id?: string
  readonly MessageGroupId?: unknown
  readonly ReceiptHandle?: string
  readonly VisibilityTimeout?: number
}

/** The body of a request about a FIFO queue, as far as its delivery is concerned. */
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

/** What fauxqs gets in place of a request, so that it accepts messages and delivers none. */
export function toFauxRequest(action: string, body: FifoRequest, position: () => number): FifoRequest {
  const withOwnGroup = <One extends Item>(item: One): One => {
    const { MessageGroupId: group } = item
    const hasGroup = typeof group === 'string' && group !== ''
    return hasGroup ? { ...item, MessageGroupId: ownGroup(group, position()) } : item
  }
  if (action === 'SendMessage') return withOwnGroup(body)
  if (action === 'SendMessageBatch' && body.Entries)
    return { ...body, Entries: body.Entries.map(withOwnGroup) }
  return action === 'ReceiveMessage' ? withoutReceiving(body) : body
}

/**
 * fauxqs checks what is asked for, though not its type, and takes a count that is not a number for "receive nothing".
 * What it has to refuse, it gets as something that it refuses.
 */
function withoutReceiving(body: FifoRequest): FifoRequest {
  const nothing = 'none' as unknown as number
  const isFine = (value: unknown, least: number, most: number) =>
    (value ?? undefined) === undefined || isWithin(value, least, most)
  return {
    ...body,
    MaxNumberOfMessages: isFine(body.MaxNumberOfMessages, 1, 10) ? nothing : 0,
    VisibilityTimeout: isFine(body.VisibilityTimeout, 0, 43_200) ? 0 : -1,
    WaitTimeSeconds: isFine(body.WaitTimeSeconds, 0, 20) ? 0 : -1,
  }
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
}
