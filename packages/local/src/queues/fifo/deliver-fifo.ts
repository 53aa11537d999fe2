import { type Clock, systemClock } from '@spillway/message/internal'
import type { Faux, FauxApp } from '../faux-app.ts'
import { errorBody, errorHeader, type SqsError } from '../sqs-error.ts'
import { answerBatch, handleError, toDeleted, withDepth, withSendFaults } from './answers.ts'
import { createFifoChannel, type FifoChannel } from './fifo-channel.ts'
import { toWireMessage } from './fifo-message.ts'
import { actionOf, type FauxRequest, type FifoRequest, nameOf, toFauxRequest } from './requests.ts'
import { sendFault } from './send-fault.ts'

type Reply = Parameters<Parameters<FauxApp['setErrorHandler']>[0]>[2]

/** The FIFO queues of an engine. */
export interface FifoQueues {
  /** The queue with this name; `undefined` for the name of a standard queue. */
  find(name: string): FifoChannel | undefined
}

/**
 * Delivers the messages of FIFO queues as SQS does, because fauxqs delivers only one message per group and receive.
 * fauxqs still checks and accepts what is sent. The accepted messages are then taken over, and its responses about
 * deliveries are replaced.
 */
export function deliverFifo(faux: Faux, clock: Clock = systemClock): FifoQueues {
  const channels = new Map<string, FifoChannel>()
  const asked = new WeakMap<FauxRequest, FifoRequest>()
  let position = 0
  let closing = false

  function channelOf(name: string): FifoChannel {
    const deadLetterQueue = (arn: string) => channelOf(nameOf(arn))
    const channel = channels.get(name) ?? createFifoChannel({ faux, name, clock, deadLetterQueue })
    channels.set(name, channel)
    return channel
  }

  function find(name: string): FifoChannel | undefined {
    return name.endsWith('.fifo') ? channelOf(name) : undefined
  }

  function addressee(request: FauxRequest): FifoChannel | undefined {
    if (request.method !== 'POST' || faux.isUncorrected(request)) return undefined
    const { QueueUrl } = (request.body ?? {}) as FifoRequest
    return typeof QueueUrl === 'string' ? find(nameOf(QueueUrl)) : undefined
  }

  async function receive(channel: FifoChannel, request: FauxRequest): Promise<object> {
    const body = asked.get(request) ?? {}
    const deliveries = await channel.receive({
      maximum: body.MaxNumberOfMessages ?? 1,
      visibilityTimeout: body.VisibilityTimeout,
      wait: body.WaitTimeSeconds,
      isOver: () => closing || request.raw.socket.destroyed,
    })
    if (deliveries.length === 0) return {}
    return { Messages: deliveries.map((delivery) => toWireMessage(delivery, body)) }
  }

  faux.app.addHook('preHandler', async (request) => {
    if (addressee(request) === undefined) return
    const body = request.body as FifoRequest
    asked.set(request, body)
    request.body = toFauxRequest(actionOf(request), body, () => ++position)
  })

  faux.app.addHook('preSerialization', async (request, reply, answer) => {
    const channel = addressee(request)
    if (channel === undefined || typeof answer !== 'object' || answer === null) return answer
    const original = asked.get(request) ?? (request.body as FifoRequest)
    const error = replacedError(channel, request, answer, original)
    if (error !== undefined) return answerOne(reply, error.value)
    if (reply.statusCode !== 200) return answer
    if (actionOf(request) === 'ReceiveMessage') return receive(channel, request)
    return replaceAnswer(channel, request, reply, answer, original)
  })

  faux.app.addHook('preClose', async () => {
    closing = true
    for (const channel of channels.values()) channel.ring()
  })

  return { find }
}

/**
 * Makes the checks that fauxqs lacks. Returns `undefined` when fauxqs's response is right; otherwise `value` is the
 * error to respond with, or `undefined` for success.
 */
function replacedError(
  channel: FifoChannel,
  request: FauxRequest,
  answer: object,
  original: FifoRequest,
): { readonly value: SqsError | undefined } | undefined {
  const { ReceiptHandle, VisibilityTimeout } = request.body as FifoRequest
  const action = actionOf(request)
  // fauxqs does not know that the message is in flight.
  if (action === 'ChangeMessageVisibility' && isNotInFlight(answer)) {
    const result = channel.changeVisibility(String(ReceiptHandle), Number(VisibilityTimeout))
    return { value: handleError(result, ReceiptHandle) }
  }
  const fault = action === 'SendMessage' ? sendFault(original) : undefined
  return fault && { value: fault }
}

/** Replaces fauxqs's responses about the deliveries of a queue. */
async function replaceAnswer(
  channel: FifoChannel,
  request: FauxRequest,
  reply: Reply,
  answer: object,
  original: FifoRequest,
): Promise<object> {
  const body = request.body as FifoRequest
  const remove = (handle: string | undefined) => toDeleted(channel.remove(String(handle)))
  switch (actionOf(request)) {
    case 'SendMessage':
      channel.ring()
      return answer
    case 'SendMessageBatch':
      channel.ring()
      return withSendFaults(answer, original)
    case 'DeleteMessage':
      return answerOne(reply, handleError(remove(body.ReceiptHandle), body.ReceiptHandle))
    case 'DeleteMessageBatch':
      return answerBatch(answer, body, ({ ReceiptHandle }) => remove(ReceiptHandle))
    case 'ChangeMessageVisibilityBatch':
      return answerBatch(answer, body, ({ ReceiptHandle, VisibilityTimeout }) =>
        channel.changeVisibility(String(ReceiptHandle), Number(VisibilityTimeout)),
      )
    case 'PurgeQueue':
    case 'DeleteQueue':
      channel.clear()
      return answer
    case 'GetQueueAttributes':
      return withDepth(answer, await channel.depth())
    default:
      return answer
  }
}

function isNotInFlight(answer: object): boolean {
  return '__type' in answer && String(answer.__type).endsWith('#MessageNotInflight')
}

function answerOne(reply: Reply, error: SqsError | undefined): object {
  if (error === undefined) {
    reply.code(200).removeHeader('x-amzn-query-error')
    return {}
  }
  reply.code(400).header('x-amzn-query-error', errorHeader(error))
  return errorBody(error)
}
