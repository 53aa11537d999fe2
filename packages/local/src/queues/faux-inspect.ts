import { SpillwayError } from '@spillway/message'
import type { QueueDepth, StoredMessage } from './engine.ts'
import type { Faux } from './faux-app.ts'
import { textsOf } from './texts-of.ts'

interface ListedQueue {
  readonly name: string
  readonly approximateMessageCount: number
  readonly approximateInflightCount: number
  readonly approximateDelayedCount: number
}

interface FauxMessage {
  readonly messageId: string
  readonly body: string
  readonly messageAttributes: Readonly<Record<string, { readonly StringValue?: string }>>
  readonly approximateReceiveCount: number
}

interface InspectedQueue {
  readonly messages: {
    readonly ready: readonly FauxMessage[]
    readonly delayed: readonly FauxMessage[]
    readonly inflight: readonly { readonly message: FauxMessage }[]
  }
}

/** Counts the messages of a queue. */
export async function readDepth(faux: Faux, name: string, url: string): Promise<QueueDepth> {
  const queues = (await faux.inspect('queues')) as readonly ListedQueue[]
  if (!queues.some((queue) => queue.name === name)) throw unknownQueue(name)
  await wake(faux, url)
  const found = ((await faux.inspect('queues')) as readonly ListedQueue[]).find(
    (queue) => queue.name === name,
  )
  if (found === undefined) throw unknownQueue(name)
  return {
    visible: found.approximateMessageCount,
    inFlight: found.approximateInflightCount,
    delayed: found.approximateDelayedCount,
  }
}

/** Lists the messages of a queue. */
export async function readMessages(faux: Faux, name: string, url: string): Promise<readonly StoredMessage[]> {
  const queues = (await faux.inspect('queues')) as readonly ListedQueue[]
  if (!queues.some((queue) => queue.name === name)) throw unknownQueue(name)
  await wake(faux, url)
  const { messages } = (await faux.inspect(`queues/${encodeURIComponent(name)}`)) as InspectedQueue
  return [
    ...messages.ready.map((message) => toStored(message, 'visible')),
    ...messages.inflight.map(({ message }) => toStored(message, 'in-flight')),
    ...messages.delayed.map((message) => toStored(message, 'delayed')),
  ]
}

/**
 * Makes fauxqs update messages whose time-out or delay has passed, which it does only in a receive. With a count that
 * is not a number it receives nothing, so this has no other effect.
 */
async function wake(faux: Faux, url: string): Promise<void> {
  const nothing = { QueueUrl: url, MaxNumberOfMessages: 'none', WaitTimeSeconds: 0 }
  await faux.call('ReceiveMessage', nothing, { uncorrected: true })
}

function toStored(message: FauxMessage, state: StoredMessage['state']): StoredMessage {
  return {
    messageId: message.messageId,
    body: message.body,
    attributes: textsOf(message.messageAttributes),
    state,
    receiveCount: message.approximateReceiveCount,
  }
}

function unknownQueue(name: string): SpillwayError {
  return new SpillwayError('SPILLWAY_OPTION_INVALID', `The local SQS has no queue named \`${name}\`.`)
}
