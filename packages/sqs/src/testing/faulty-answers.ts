import type { IncomingMessage, ServerResponse } from 'node:http'
import type { QueueEngine } from '@spillway/local/testing'

/**
 * The fault of one request.
 *
 * - `ok`: none.
 * - `partial`: SQS accepts some entries and lists the others under `Failed`, as a fault of the sender or not, at random. A
 *   message that is sent by itself is accepted, or answered with an error.
 * - `error`: 500 or 503, nothing is stored.
 * - `throttle`: `RequestThrottled`, 403 as in the JSON protocol of SQS, nothing is stored.
 * - `hang`: no answer, until the client aborts.
 * - `reset`: the connection breaks before anything is stored.
 * - `lost`: SQS stores all of it and the connection breaks before the answer.
 * - `malformed`: SQS stores all of it and the answer is not JSON.
 * - `silent`: SQS stores all of it and the answer mentions nothing.
 */
export type Fault =
  | 'ok'
  | 'partial'
  | 'error'
  | 'throttle'
  | 'hang'
  | 'reset'
  | 'lost'
  | 'malformed'
  | 'silent'

interface Entry {
  readonly Id: string
  readonly MessageBody: string
}

/** The messages of a request. */
export interface Batch {
  readonly QueueUrl: string
  readonly Entries: readonly Entry[]
}

const sending = { batch: 'AmazonSQS.SendMessageBatch', single: 'AmazonSQS.SendMessage' }

/** Reads a request that sends messages. A single message is one entry. */
export function readBatch(target: unknown, body: string): Batch | undefined {
  if (target === sending.batch) return JSON.parse(body)
  if (target !== sending.single) return undefined
  const { QueueUrl, ...entry } = JSON.parse(body)
  return { QueueUrl, Entries: [{ Id: '0', ...entry }] }
}

/** What the endpoint counts and notes. */
export interface EndpointState {
  readonly engine: QueueEngine
  readonly random: () => number
  readonly faults: Record<Fault, number>
  readonly unconfirmed: string[]
  readonly refused: Set<string>
}

/** A request that sends messages. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly batch: Batch
  readonly body: string
}

/** Answers a request, or not, according to its fault. */
export async function answerWith(fault: Fault, state: EndpointState, exchange: Exchange): Promise<void> {
  const { request, response, batch, body } = exchange
  switch (fault) {
    case 'ok':
      return passOn(state, exchange)
    case 'error':
      return state.random() < 0.5
        ? answer(response, 500, 'InternalFailure')
        : answer(response, 503, 'ServiceUnavailable')
    case 'throttle':
      return answer(response, 403, 'RequestThrottled')
    case 'hang':
      return
    case 'reset':
      return void request.socket.resetAndDestroy()
    case 'partial':
      return request.headers['x-amz-target'] === sending.batch
        ? acceptSome(state, exchange)
        : acceptOrRefuse(state, exchange)
  }
  noteUnconfirmed(state, batch, await forward(state.engine, request, body))
  if (fault === 'lost') return void request.socket.resetAndDestroy()
  response.setHeader('content-type', contentType)
  response.end(fault === 'malformed' ? '{"MessageId' : '{}')
}

async function passOn(state: EndpointState, { request, response, batch, body }: Exchange): Promise<void> {
  const sent = await forward(state.engine, request, body)
  watch(state, response, batch, sent)
  relay(response, sent)
}

/** Accepts a single message or refuses it, at random. */
async function acceptOrRefuse(state: EndpointState, exchange: Exchange): Promise<void> {
  const { random, refused } = state
  const { response, batch } = exchange
  if (random() < 0.5) return passOn(state, exchange)
  if (random() >= 0.2) return answer(response, 500, 'InternalError')
  for (const { MessageBody } of batch.Entries) refused.add(MessageBody)
  answer(response, 400, 'InvalidMessageContents')
}

/** Accepts some entries of a batch and refuses the others, at random. */
async function acceptSome(state: EndpointState, { request, response, batch }: Exchange): Promise<void> {
  const { engine, random, refused } = state
  const taken: Entry[] = []
  const failed: object[] = []
  for (const entry of batch.Entries) {
    if (random() < 0.5) {
      taken.push(entry)
      continue
    }
    const SenderFault = random() < 0.2
    if (SenderFault) refused.add(entry.MessageBody)
    const Code = SenderFault ? 'InvalidMessageContents' : 'InternalError'
    failed.push({ Id: entry.Id, SenderFault, Code, Message: 'a fault' })
  }
  const rest = { ...batch, Entries: taken }
  const answered = taken.length > 0 && (await forward(engine, request, JSON.stringify(rest)))
  if (answered) watch(state, response, rest, answered)
  const sent = answered ? JSON.parse(answered.body) : { Successful: [] }
  response.setHeader('content-type', contentType)
  response.end(JSON.stringify({ ...sent, Failed: [...(sent.Failed ?? []), ...failed] }))
}

function noteUnconfirmed({ unconfirmed }: EndpointState, batch: Batch, { body }: Answer): void {
  const { Successful = [], MessageId } = JSON.parse(body) as {
    readonly Successful?: readonly Entry[]
    readonly MessageId?: string
  }
  const stored = new Set(Successful.map(({ Id }) => Id))
  for (const { Id, MessageBody } of batch.Entries)
    if (stored.has(Id) || MessageId !== undefined) unconfirmed.push(MessageBody)
}

/** Notes messages as unconfirmed if the client aborted while SQS stored them. */
function watch(state: EndpointState, response: ServerResponse, batch: Batch, sent: Answer): void {
  response.once('close', () => {
    if (!response.writableFinished) noteUnconfirmed(state, batch, sent)
  })
}

const contentType = 'application/x-amz-json-1.0'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Sends a request on to SQS. */
export async function forward(
  engine: QueueEngine,
  { headers }: IncomingMessage,
  body: string,
): Promise<Answer> {
  const response = await fetch(engine.endpoint, {
    method: 'POST',
    headers: { 'content-type': contentType, 'x-amz-target': String(headers['x-amz-target']) },
    body,
  })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

/** Sends the answer of SQS to the client. */
export function relay(response: ServerResponse, { status, headers, body }: Answer): void {
  const error = headers.get('x-amzn-query-error')
  if (error !== null) response.setHeader('x-amzn-query-error', error)
  response.writeHead(status, { 'content-type': contentType })
  response.end(body)
}

/** An error as SQS writes it ("Common error types" of the Amazon SQS API Reference). */
function answer(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': contentType })
  response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: 'a fault' }))
}
