import type { Clock } from '@spillway/message/internal'
import type { Faux, FauxAnswer } from '../faux-app.ts'
import { nameOf } from '../fifo/requests.ts'
import type { MoveTask } from './move-task.ts'

interface Received {
  readonly MessageId: string
  readonly ReceiptHandle: string
  readonly Body: string
  readonly Attributes?: Readonly<Record<string, string>>
  readonly MessageAttributes?: object
}

/** Seconds for which a message is hidden while it is moved. */
const hiddenSeconds = 30

/** Messages of one receive. Amazon SQS quotas. */
const mostReceived = 10

/**
 * Moves the messages of a task until all that were there at its start are moved, it is cancelled, or a message has nowhere
 * to go. A moved message is a new one: with another id, a receive count of nothing and a retention that begins anew.
 * Never rejects.
 */
export async function runMove(faux: Faux, task: MoveTask, clock: Clock): Promise<void> {
  const { stop, rate = Number.POSITIVE_INFINITY } = task
  try {
    while (task.failure === undefined && task.moved < task.toMove && !stop.signal.aborted) {
      // About ten steps a second, so that a low rate is even and a high one is reached.
      const step = Math.min(mostReceived, Math.ceil(rate / 10), task.toMove - task.moved)
      const messages = await receive(faux, task, step)
      if (messages.length === 0) break
      await moveAll(faux, task, messages)
      await clock.sleep((messages.length / rate) * 1000, stop.signal)
    }
  } catch (thrown) {
    task.failure ??= String(thrown)
  }
  if (task.failure !== undefined) task.status = 'FAILED'
  else task.status = stop.signal.aborted && task.moved < task.toMove ? 'CANCELLED' : 'COMPLETED'
}

async function receive(faux: Faux, task: MoveTask, most: number): Promise<readonly Received[]> {
  const answer = await faux.ask('ReceiveMessage', {
    QueueUrl: nameOf(task.sourceArn),
    MaxNumberOfMessages: most,
    VisibilityTimeout: hiddenSeconds,
    WaitTimeSeconds: 0,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  })
  if (!answer.ok) task.failure = codeOf(answer)
  const { Messages = [] } = answer.body as { readonly Messages?: readonly Received[] }
  return Messages
}

/** Moves messages one after the other, and makes visible again what was not moved. */
async function moveAll(faux: Faux, task: MoveTask, messages: readonly Received[]): Promise<void> {
  const QueueUrl = nameOf(task.sourceArn)
  for (const [place, message] of messages.entries()) {
    const stopped = task.stop.signal.aborted
    if (!stopped) task.failure = await send(faux, task, message)
    if (stopped || task.failure !== undefined) {
      const Entries = messages.slice(place).map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }))
      await faux.ask('ChangeMessageVisibilityBatch', { QueueUrl, Entries })
      return
    }
    await faux.ask('DeleteMessage', { QueueUrl, ReceiptHandle: message.ReceiptHandle })
    task.moved++
  }
}

/** Sends a message to where it goes. Answers why that failed. */
async function send(faux: Faux, task: MoveTask, message: Received): Promise<string | undefined> {
  const { Body, Attributes = {}, MessageAttributes } = message
  const { MessageGroupId, MessageDeduplicationId, AWSTraceHeader, DeadLetterQueueSourceArn } = Attributes
  const arn = task.destinationArn ?? DeadLetterQueueSourceArn
  // It was sent to the dead-letter queue: SQS knows of no queue that it came from.
  if (arn === undefined) return 'CouldNotDetermineMessageSource'
  const answer = await faux.ask('SendMessage', {
    QueueUrl: nameOf(arn),
    MessageBody: Body,
    MessageAttributes,
    MessageGroupId,
    MessageDeduplicationId,
    ...(AWSTraceHeader !== undefined && {
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: AWSTraceHeader } },
    }),
  })
  return answer.ok ? undefined : codeOf(answer)
}

/** The name of an error as a task gives it as its reason. */
function codeOf({ body }: FauxAnswer): string {
  const code = String((Object(body) as { readonly __type?: unknown }).__type).replace(/^.*#/, '')
  return code === 'QueueDoesNotExist' ? 'AWS.SimpleQueueService.NonExistentQueue' : code
}
