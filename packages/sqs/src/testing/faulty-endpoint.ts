import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
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

/** Options of {@link startFaultyEndpoint}. */
export interface FaultyEndpointOptions {
  /** The fault of the next request. Default: random by `weights` and `seed`. */
  readonly plan?: (request: number) => Fault
  /** The relative frequency of each fault. Default: no faults. */
  readonly weights?: Partial<Record<Fault, number>>
  /** The seed of random choices. Default 1. */
  readonly seed?: number
}

/** A server between SDK clients and the embedded SQS. */
export interface FaultyEndpoint {
  /** The `endpoint` for an SDK client. */
  readonly endpoint: string
  queueUrl(name: string): string
  /** How many requests to send messages came. */
  readonly requests: number
  /** How many entries these requests had. */
  readonly entries: number
  /** How many requests had each fault. */
  readonly faults: Readonly<Record<Fault, number>>
  /** The bodies of messages that were stored without a confirmation, one for each store. */
  readonly unconfirmed: readonly string[]
  /** The bodies of messages that were refused for good. */
  readonly refused: ReadonlySet<string>
  stop(): Promise<void>
}

interface Entry {
  readonly Id: string
  readonly MessageBody: string
}

interface Batch {
  readonly QueueUrl: string
  readonly Entries: readonly Entry[]
}

const sending = { batch: 'AmazonSQS.SendMessageBatch', single: 'AmazonSQS.SendMessage' }

/** Reads a request that sends messages. A single message is one entry. */
function readBatch(target: unknown, body: string): Batch | undefined {
  if (target === sending.batch) return JSON.parse(body)
  if (target !== sending.single) return undefined
  const { QueueUrl, ...entry } = JSON.parse(body)
  return { QueueUrl, Entries: [{ Id: '0', ...entry }] }
}

/** Starts SQS with faults, on a free port of 127.0.0.1. Only requests that send messages have faults. */
export async function startFaultyEndpoint(
  engine: QueueEngine,
  options: FaultyEndpointOptions = {},
): Promise<FaultyEndpoint> {
  const random = seeded(options.seed ?? 1)
  const { plan = weighted(options.weights ?? { ok: 1 }, random) } = options
  const faults: Record<Fault, number> = {
    ok: 0,
    partial: 0,
    error: 0,
    throttle: 0,
    hang: 0,
    reset: 0,
    lost: 0,
    malformed: 0,
    silent: 0,
  }
  const unconfirmed: string[] = []
  const refused = new Set<string>()
  let requests = 0
  let entries = 0

  async function meet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const target = request.headers['x-amz-target']
    const batch = readBatch(target, body)
    if (batch === undefined) return relay(response, await forward(engine, request, body))
    const fault = plan(requests++)
    entries += batch.Entries.length
    faults[fault]++
    if (fault === 'ok') {
      const sent = await forward(engine, request, body)
      watch(response, batch, sent)
      return relay(response, sent)
    }
    if (fault === 'error') {
      return random() < 0.5
        ? answer(response, 500, 'InternalFailure')
        : answer(response, 503, 'ServiceUnavailable')
    }
    if (fault === 'throttle') return answer(response, 403, 'RequestThrottled')
    if (fault === 'hang') return
    if (fault === 'reset') return void request.socket.resetAndDestroy()
    if (fault === 'partial') {
      if (target === sending.batch) return partial(request, response, batch)
      return single(request, response, batch, body)
    }

    noteUnconfirmed(batch, await forward(engine, request, body))
    if (fault === 'lost') return void request.socket.resetAndDestroy()
    response.setHeader('content-type', contentType)
    response.end(fault === 'malformed' ? '{"MessageId' : '{}')
  }

  async function single(
    request: IncomingMessage,
    response: ServerResponse,
    batch: Batch,
    body: string,
  ): Promise<void> {
    if (random() < 0.5) {
      const sent = await forward(engine, request, body)
      watch(response, batch, sent)
      return relay(response, sent)
    }
    if (random() >= 0.2) return answer(response, 500, 'InternalError')
    for (const { MessageBody } of batch.Entries) refused.add(MessageBody)
    answer(response, 400, 'InvalidMessageContents')
  }

  async function partial(request: IncomingMessage, response: ServerResponse, batch: Batch): Promise<void> {
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
    if (answered) watch(response, rest, answered)
    const sent = answered ? JSON.parse(answered.body) : { Successful: [] }
    response.setHeader('content-type', contentType)
    response.end(JSON.stringify({ ...sent, Failed: [...(sent.Failed ?? []), ...failed] }))
  }

  function noteUnconfirmed(batch: Batch, { body }: Answer): void {
    const { Successful = [], MessageId } = JSON.parse(body) as {
      readonly Successful?: readonly Entry[]
      readonly MessageId?: string
    }
    const stored = new Set(Successful.map(({ Id }) => Id))
    for (const { Id, MessageBody } of batch.Entries)
      if (stored.has(Id) || MessageId !== undefined) unconfirmed.push(MessageBody)
  }

  /** The client may have left while SQS stored its messages. */
  function watch(response: ServerResponse, batch: Batch, sent: Answer): void {
    response.once('close', () => {
      if (!response.writableFinished) noteUnconfirmed(batch, sent)
    })
  }

  const server = createServer((request, response) => {
    // A client that leaves in the middle is part of the plan; the answer has nobody to go to.
    meet(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    endpoint,
    queueUrl: (name) => engine.queueUrl(name).replace(engine.endpoint, endpoint),
    get requests() {
      return requests
    },
    get entries() {
      return entries
    },
    faults,
    unconfirmed,
    refused,
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

const contentType = 'application/x-amz-json-1.0'

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

async function forward(engine: QueueEngine, { headers }: IncomingMessage, body: string): Promise<Answer> {
  const response = await fetch(engine.endpoint, {
    method: 'POST',
    headers: { 'content-type': contentType, 'x-amz-target': String(headers['x-amz-target']) },
    body,
  })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

function relay(response: ServerResponse, { status, headers, body }: Answer): void {
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

function weighted(weights: Partial<Record<Fault, number>>, random: () => number): () => Fault {
  const all = Object.entries(weights) as readonly (readonly [Fault, number])[]
  const total = all.reduce((sum, [, weight]) => sum + weight, 0)
  return () => {
    let left = random() * total
    for (const [fault, weight] of all) {
      left -= weight
      if (left < 0) return fault
    }
    return 'ok'
  }
}

/** Random numbers in `[0, 1)` that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
