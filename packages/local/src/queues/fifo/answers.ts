import type { QueueDepth } from '../engine.ts'
import { type FailedEntry, failedEntry, type SqsError } from '../sqs-error.ts'
import type { HandleResult } from './fifo-queue.ts'
import type { FifoRequest, Item } from './requests.ts'
import { sendFault } from './send-fault.ts'

/** The error of a receipt handle that is not good (any more), in the words of SQS; `undefined` when it is. */
export function handleError(result: HandleResult, handle: string | undefined): SqsError | undefined {
  if (result === 'ok') return undefined
  const reason =
    result === 'expired'
      ? 'The receipt handle has expired.'
      : 'Message does not exist or is not available for visibility timeout change.'
  return {
    code: 'InvalidParameterValue',
    message: `Value ${handle} for parameter ReceiptHandle is invalid. Reason: ${reason}`,
  }
}

/** A message that is gone counts as deleted. */
export function toDeleted(result: HandleResult): HandleResult {
  return result === 'gone' ? 'ok' : result
}

/** The answer to a batch of messages, of which fauxqs got what it refuses in place of what it would take. */
export function withSendFaults(answer: BatchAnswer, { Entries = [] }: FifoRequest): BatchAnswer {
  const Failed = (answer.Failed ?? []).map((failed) => {
    const item = Entries.find(({ Id }) => Id === failed.Id)
    const fault = item && sendFault(item)
    return fault ? failedEntry(failed.Id, fault) : failed
  })
  return { ...answer, Failed }
}

interface BatchAnswer {
  readonly Successful?: readonly { readonly Id: string }[]
  readonly Failed?: readonly FailedEntry[]
}

/**
 * The answer to a batch of receipt handles, none of which fauxqs knows: it says `Successful`, or that the handle is
 * invalid. What else it refuses stays refused.
 */
export function answerBatch(
  answer: BatchAnswer,
  { Entries = [] }: FifoRequest,
  act: (item: Item) => HandleResult,
): BatchAnswer {
  const refused = (answer.Failed ?? []).filter(
    ({ Id, Code }) => Code !== 'ReceiptHandleIsInvalid' || !Entries.some((entry) => entry.Id === Id),
  )
  const open = Entries.filter(({ Id }) => !refused.some((entry) => entry.Id === Id))
  const successful: { readonly Id: string }[] = []
  const failed: FailedEntry[] = [...refused]
  for (const item of open) {
    const Id = String(item.Id)
    const error = handleError(act(item), item.ReceiptHandle)
    if (error === undefined) successful.push({ Id })
    else failed.push(failedEntry(Id, error))
  }
  return { Successful: successful, Failed: failed }
}

/** An answer to `GetQueueAttributes` with the counts of a queue, where they were asked for. */
export function withDepth(answer: object, depth: QueueDepth): object {
  if (!('Attributes' in answer) || typeof answer.Attributes !== 'object') return answer
  const counts = {
    ApproximateNumberOfMessages: depth.visible,
    ApproximateNumberOfMessagesNotVisible: depth.inFlight,
  }
  const attributes: Record<string, unknown> = { ...answer.Attributes }
  for (const [name, count] of Object.entries(counts)) if (name in attributes) attributes[name] = String(count)
  return { ...answer, Attributes: attributes }
}
