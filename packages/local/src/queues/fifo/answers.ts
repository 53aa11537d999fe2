import type { QueueDepth } from '../engine.ts'
import { type FailedEntry, failedEntry, type SqsError } from '../sqs-error.ts'
import type { HandleResult } from './fifo-queue.ts'
import type { FifoRequest, Item } from './requests.ts'
import { sendFault } from './send-fault.ts'

/** The error of SQS for an invalid or expired receipt handle; `undefined` when the handle is valid. */
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

/** Deleting a message that does not exist succeeds. */
export function toDeleted(result: HandleResult): HandleResult {
  return result === 'gone' ? 'ok' : result
}

/** The response to a batch of messages with the errors of entries that fauxqs would have accepted by mistake. */
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
 * The response to a batch of receipt handles. fauxqs knows none of them, so its `Successful` and invalid-handle entries
 * are replaced; its other errors are kept.
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

/** A response to `GetQueueAttributes` with the counts of a queue, if they were requested. */
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
