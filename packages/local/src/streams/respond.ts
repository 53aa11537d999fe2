import { randomUUID } from 'node:crypto'
import { toError } from '@spillway/message'
import type { Actions } from './actions.ts'
import { type Input, isInput } from './input.ts'
import type { AnyRequest, AnyResponse } from './serve.ts'
import { StreamError } from './stream-error.ts'

const json = 'application/x-amz-json-1.1'
const prefix = 'Kinesis_20131202.'
const loopbackHost = /^(127\.0\.0\.1|localhost)(:\d+)?$/
/** In bytes. Ten MiB of records are 14 MB of base64, plus their keys. */
const longestBody = 20_000_000

/** Answers one request as Kinesis does, in its JSON protocol. Never throws. */
export function respond(actions: Actions, request: AnyRequest, response: AnyResponse): void {
  // An error while responding must not end the process.
  answer(actions, request, response).catch(() => cut(request))
}

async function answer(actions: Actions, request: AnyRequest, response: AnyResponse): Promise<void> {
  // The host is checked, because a web page may send a form to a loopback port, or use a name that resolves to
  // 127.0.0.1.
  const host = 'authority' in request ? request.authority : request.headers.host
  const isOurs = request.method === 'POST' && request.headers['content-type'] === json
  if (!isOurs || !loopbackHost.test(host ?? '')) {
    request.resume()
    response.writeHead(404)
    response.end('')
    return
  }
  try {
    const action = actionOf(actions, request.headers['x-amz-target'])
    const outcome = action(readInput(await readBody(request)))
    if ('answer' in outcome) send(response, 200, outcome.answer)
    else if (outcome.silence === 'reset') cut(request)
  } catch (thrown) {
    const error = thrown instanceof StreamError ? thrown : internalFailure(thrown)
    send(response, error.status, { __type: typeOf(error), message: error.message })
  }
}

function actionOf(actions: Actions, target: string | string[] | undefined) {
  const name = typeof target === 'string' && target.startsWith(prefix) ? target.slice(prefix.length) : ''
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (action === undefined) {
    throw new StreamError('UnknownOperationException', `The local Kinesis has no action '${name}'.`)
  }
  return action
}

async function readBody(request: AnyRequest): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    // The rest is read and dropped, because a client reads the response only after it has sent everything.
    if (length <= longestBody) chunks.push(chunk)
    else chunks.length = 0
  }
  if (length <= longestBody) return Buffer.concat(chunks).toString()
  throw new StreamError('RequestEntityTooLarge', `The request has more than ${longestBody} bytes.`, 413)
}

function readInput(body: string): Input {
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    document = undefined
  }
  if (isInput(document)) return document
  throw new StreamError('SerializationException', 'The request is not a JSON object.')
}

/** A call and an entry of a batch have different names for the same error. */
function typeOf({ code }: StreamError): string {
  return code === 'InternalFailure' ? 'InternalFailureException' : code
}

function internalFailure(thrown: unknown): StreamError {
  return new StreamError('InternalFailure', toError(thrown).message, 500)
}

function send(response: AnyResponse, status: number, document: object): void {
  const body = Buffer.from(JSON.stringify(document))
  const headers = {
    'content-type': json,
    'content-length': body.length,
    'x-amzn-requestid': randomUUID(),
  }
  response.writeHead(status, headers)
  response.end(body)
}

/** Ends the connection as a network failure does. */
function cut(request: AnyRequest): void {
  if ('authority' in request) request.stream.session?.destroy()
  else request.socket.destroy()
}
