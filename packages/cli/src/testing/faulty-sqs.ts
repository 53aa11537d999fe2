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
 * Starts SQS with faults, on any free port of 127.0.0.1.
 *
 * @param plan chooses the fault of a request by its action, for example `SendMessageBatch`, and how often it came before
 */
export async function startFaultySqs(
  engine: QueueEngine,
  plan: (action: string, time: number) => SqsFault,
): Promise<FaultySqs> {
  const counts = new Map<string, number>()

  async function forward(
    target: string,
    body: string,
  ): Promise<{ status: number; text: string; error: string | null }> {
    const response = await fetch(engine.endpoint, {
      method: 'POST',
      headers: { 'content-type': type, 'x-amz-target': target },
      body,
    })
    return {
      status: response.status,
      text: await response.text(),
      error: response.headers.get('x-amzn-query-error'),
    }
  }

  async function meet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const target = String(request.headers['x-amz-target'])
    const action = target.replace('AmazonSQS.', '')
    const time = counts.get(action) ?? 0
    counts.set(action, time + 1)
    const fault = plan(action, time)
    response.setHeader('content-type', type)
    if (fault === 'error' || fault === 'denied') {
      const code = fault === 'error' ? 'InternalFailure' : 'AccessDeniedException'
      response.writeHead(fault === 'error' ? 500 : 403)
      response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: 'a fault' }))
      return
    }
    const { Entries = [] } = JSON.parse(body) as Batch
    const some = fault === 'partial' ? Entries.slice(0, 1) : fault === 'refused' ? [] : Entries
    const failed = Entries.filter((entry) => !some.includes(entry)).map(({ Id }) => ({
      Id,
      SenderFault: fault === 'refused',
      Code: fault === 'refused' ? 'InvalidMessageContents' : 'InternalError',
      Message: 'a fault',
    }))
    if (fault === 'refused') return void response.end(JSON.stringify({ Successful: [], Failed: failed }))
    const answer = await forward(
      target,
      failed.length === 0 ? body : JSON.stringify({ ...JSON.parse(body), Entries: some }),
    )
    if (fault === 'lost') return void request.socket.resetAndDestroy()
    if (fault === 'silent') return void response.end('{}')
    if (answer.error !== null) response.setHeader('x-amzn-query-error', answer.error)
    response.writeHead(answer.status)
    response.end(
      failed.length === 0 ? answer.text : JSON.stringify({ ...JSON.parse(answer.text), Failed: failed }),
    )
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
