import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { QueueEngine } from '@spillway/local/testing'

/**
 * The fault of one request.
 *
 * - `ok`: none.
 * - `error`: the answer is 500, and nothing is done.
 * - `denied`: the answer is AccessDenied, and nothing is done.
 * - `lost`: SQS does it, and the connection breaks before the answer.
 * - `silent`: SQS does it, and the answer lists no entry.
 * - `partial`: SQS does it for the first entry, and lists the others under `Failed`.
 * - `refused`: SQS lists all entries under `Failed` as faults of the sender.
 */
export type SqsFault = 'ok' | 'error' | 'denied' | 'lost' | 'silent' | 'partial' | 'refused'

/** A proxy between SDK clients and the embedded SQS. */
export interface FaultySqs {
  queueUrl(name: string): string
  stop(): Promise<void>
}

interface Batch {
  readonly Entries?: readonly { readonly Id: string }[]
}

const type = 'application/x-amz-json-1.0'

/**
 * Starts SQS with faults, on any free port of 127.0.0.1. It answers a long poll at once: the embedded SQS has no servers
 * that a short poll could miss, and each command ends with a poll of an empty queue.
 *
 * @param plan chooses the fault of a request by its action, for example `SendMessageBatch`, and how often it came before
 */
export async function startFaultySqs(
  engine: QueueEngine,
  plan: (action: string, time: number) => SqsFault,
): Promise<FaultySqs> {
  const counts = new Map<string, number>()

  async function meet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = String(request.headers['x-amz-target'])
    const action = target.replace('AmazonSQS.', '')
    const time = counts.get(action) ?? 0
    counts.set(action, time + 1)
    response.setHeader('content-type', type)
    await answer(plan(action, time), await text(request), response, (body) => forward(engine, target, body))
  }

  const server = createServer((request, response) => {
    meet(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    queueUrl: (name) => engine.queueUrl(name).replace(engine.endpoint, endpoint),
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** What SQS answers. */
interface Answer {
  readonly status: number
  readonly text: string
  readonly error: string | null
}

async function forward({ endpoint }: QueueEngine, target: string, body: string): Promise<Answer> {
  const headers = { 'content-type': type, 'x-amz-target': target }
  const short = body.replace(/"WaitTimeSeconds":\d+/, '"WaitTimeSeconds":0')
  const response = await fetch(endpoint, { method: 'POST', headers, body: short })
  const error = response.headers.get('x-amzn-query-error')
  return { status: response.status, text: await response.text(), error }
}

/** Answers a request with its fault. */
async function answer(
  fault: SqsFault,
  body: string,
  response: ServerResponse,
  send: (body: string) => Promise<Answer>,
): Promise<void> {
  if (fault === 'error' || fault === 'denied') {
    const code = fault === 'error' ? 'InternalFailure' : 'AccessDeniedException'
    response.writeHead(fault === 'error' ? 500 : 403)
    response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: 'a fault' }))
    return
  }
  const { some, failed } = divide(body, fault)
  if (fault === 'refused') return void response.end(JSON.stringify({ Successful: [], Failed: failed }))
  const sent = await send(failed.length === 0 ? body : JSON.stringify({ ...JSON.parse(body), Entries: some }))
  if (fault === 'lost') return void response.socket?.resetAndDestroy()
  if (fault === 'silent') return void response.end('{}')
  if (sent.error !== null) response.setHeader('x-amzn-query-error', sent.error)
  response.writeHead(sent.status)
  response.end(failed.length === 0 ? sent.text : JSON.stringify({ ...JSON.parse(sent.text), Failed: failed }))
}

/** The entries of a batch that SQS gets, and the others as it lists them under `Failed`. */
function divide(body: string, fault: SqsFault) {
  const { Entries = [] } = JSON.parse(body) as Batch
  const some = fault === 'partial' ? Entries.slice(0, 1) : fault === 'refused' ? [] : Entries
  const failed = Entries.filter((entry) => !some.includes(entry)).map(({ Id }) => ({
    Id,
    SenderFault: fault === 'refused',
    Code: fault === 'refused' ? 'InvalidMessageContents' : 'InternalError',
    Message: 'a fault',
  }))
  return { some, failed }
}
