import type { SendMessageBatchCommandOutput, SendMessageCommandOutput } from '@aws-sdk/client-sqs'
import type { SendResult } from '@spillway/message'
import { isThrottle } from '@spillway/message/internal'
import { isMessageId, notConfirmed, readTooLarge, type Sent, toCause } from '@spillway/transport'

/** The part of an answer that is needed. */
type BatchAnswer = Pick<SendMessageBatchCommandOutput, 'Successful' | 'Failed'>

/** Reads the result of each message of a batch. Fails closed: a message that the answer does not mention is not confirmed. */
export function readAnswer(pending: readonly number[], answer: BatchAnswer): Sent {
  const results = new Map<number, SendResult>()
  const ids = new Map<string | undefined, number>()
  for (const position of pending) {
    results.set(position, unmentioned)
    ids.set(String(position), position)
  }
  let throttled = false
  for (const { Id, MessageId } of answer.Successful ?? []) {
    const position = ids.get(Id)
    if (position !== undefined && isMessageId(MessageId)) results.set(position, accepted)
  }
  for (const { Id, Code, Message, SenderFault } of answer.Failed ?? []) {
    const position = ids.get(Id)
    if (position === undefined) continue
    throttled ||= isThrottle(Code)
    const tooLarge = readTooLarge(Message)
    if (tooLarge !== undefined) {
      results.set(position, tooLarge)
      continue
    }
    results.set(position, {
      status: 'rejected',
      code: Code ?? 'SPILLWAY_SEND_FAILED',
      detail: `SQS refused the message${Code === undefined ? '' : ` (${Code})`}.`,
      // SQS reports throttling as a fault of the sender, but it is transient.
      retryable: SenderFault !== true || isThrottle(Code),
      cause: toCause(Code ?? 'Error', Message),
    })
  }
  return { results, throttled }
}

/** Reads the result of a message that was sent by itself. */
export function readConfirmation(
  position: number,
  { MessageId }: Pick<SendMessageCommandOutput, 'MessageId'>,
): Sent {
  const result = isMessageId(MessageId) ? accepted : unmentioned
  return { results: new Map([[position, result]]), throttled: false }
}

const accepted: SendResult = { status: 'accepted' }

const unmentioned = notConfirmed('the answer does not mention it')
