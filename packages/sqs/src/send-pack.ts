import { createHash } from 'node:crypto'
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { type EncodedMessage, type SendResult, type TimeLimit, toError } from '@spillway/message'
import { type Backoff, type Clock, fullJitter } from '@spillway/message/internal'
import { abortWithin, type SqsClient } from './client.ts'
import type { PackedMessage } from './pack.ts'

/** What sending a pack needs. */
export interface SendContext {
  readonly client: SqsClient
  readonly queueUrl: string
  readonly fifo: boolean
  readonly maxAttempts: number
  readonly clock: Clock
  readonly random: () => number
}

const backoff: Backoff = { base: 50, cap: 1000 }

/** A request that takes longer is given up and repeated; SQS answers in tens of milliseconds. */
const attemptMs = 3000

/** Time that has to be left for an answer to the caller. */
const guardMs = 250

type Rejected = Extract<SendResult, { status: 'rejected' }>

/** Sends one pack, repeating what was not confirmed. Answers one result per message, in order. Never rejects. */
export async function sendPack(
  messages: readonly PackedMessage[],
  context: SendContext,
  limit: TimeLimit,
): Promise<readonly SendResult[]> {
  const results = messages.map((): SendResult => notConfirmed('no time was left to send it'))
  let pending = [...messages.keys()]
  for (let attempt = 1; pending.length > 0; attempt++) {
    const available = limit.remainingTime() - guardMs
    if (limit.signal.aborted || available <= 0) break
    const sent = await sendOnce(
      pending,
      messages,
      context,
      abortWithin(limit, Math.min(attemptMs, available)),
    )
    for (const [index, result] of sent) results[index] = result
    pending = pending.filter((index) => isRetryable(results[index]))
    if (pending.length === 0 || attempt >= context.maxAttempts) break
    const wait = fullJitter(backoff, attempt, context.random())
    if (limit.remainingTime() - guardMs <= wait) break
    await context.clock.sleep(wait, limit.signal)
  }
  return results
}

async function sendOnce(
  pending: readonly number[],
  messages: readonly PackedMessage[],
  context: SendContext,
  abortSignal: AbortSignal,
): Promise<ReadonlyMap<number, SendResult>> {
  const entries = pending.map((index) =>
    toEntry(index, (messages[index] as PackedMessage).message, context.fifo),
  )
  // Fail closed: an entry that the answer does not mention was not confirmed.
  const results = new Map<number, SendResult>(
    pending.map((index) => [index, notConfirmed('the answer does not mention it')]),
  )
  try {
    const answer = await context.client.send(
      new SendMessageBatchCommand({ QueueUrl: context.queueUrl, Entries: entries }),
      { abortSignal },
    )
    for (const { Id, MessageId } of answer.Successful ?? []) {
      if (MessageId !== undefined && results.has(Number(Id))) results.set(Number(Id), { status: 'accepted' })
    }
    for (const { Id, Code, SenderFault } of answer.Failed ?? []) {
      if (!results.has(Number(Id))) continue
      results.set(Number(Id), {
        status: 'rejected',
        code: Code ?? 'SPILLWAY_SEND_FAILED',
        detail: `SQS refused the message${Code === undefined ? '' : ` (${Code})`}.`,
        retryable: SenderFault !== true,
      })
    }
  } catch (thrown) {
    const failure = toRejection(thrown)
    for (const index of pending) results.set(index, failure)
  }
  return results
}

function toEntry(index: number, message: EncodedMessage, fifo: boolean): SendMessageBatchRequestEntry {
  const { key, group, body } = message
  const entry = { Id: String(index), MessageBody: body }
  // On a standard queue the group makes it fair: a tenant with a backlog does not hold up the others.
  if (!fifo) return group === undefined ? entry : { ...entry, MessageGroupId: toFifoId(group) }
  // A FIFO queue wants a group: a message without one is in order only with itself.
  return { ...entry, MessageGroupId: toFifoId(group ?? key), MessageDeduplicationId: toFifoId(key) }
}

/** A group or deduplication id: at most 128 letters, digits and punctuation. Others are hashed. */
export function toFifoId(text: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(text)) return text
  return createHash('sha256').update(text).digest('hex')
}

function isRetryable(result: SendResult | undefined): boolean {
  return result?.status === 'rejected' && result.retryable
}

function notConfirmed(why: string): Rejected {
  return {
    status: 'rejected',
    code: 'SPILLWAY_SEND_FAILED',
    detail: `The queue did not confirm the message: ${why}.`,
    retryable: true,
  }
}

/** Errors of the caller's own making (a missing queue, a missing permission) do not go away within the request. */
const permanent = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'InvalidAddress',
  'InvalidClientTokenId',
  'QueueDoesNotExist',
  'UnsupportedOperation',
])

function toRejection(thrown: unknown): Rejected {
  const error = toError(thrown)
  const retryable = !permanent.has(error.name)
  return {
    status: 'rejected',
    code: error.name,
    detail: `The queue did not confirm the message: ${error.name}.`,
    retryable,
  }
}
