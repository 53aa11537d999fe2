import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { alive, freePorts, processesOf } from '../testing/processes.ts'
import { type RunningCli, runCli } from '../testing/run-cli.ts'

// A developer who starts an app finds in the terminal what fails: a real app, in real processes.

const spillway = fileURLToPath(new URL('../index.ts', import.meta.url))
// The command line needs no SDK; the runtime has it.
const { resolve } = createRequire(new URL('../../../local/package.json', import.meta.url))
const resolved = (name: string) => JSON.stringify(resolve(name))

const files = {
  'spillway.config.ts': `import { defineApp } from ${JSON.stringify(spillway)}
const urls = ({ queueUrl, streamName }) => ({ QUEUE_URL: queueUrl('work'), STREAM: streamName('readings') })
export default defineApp({
  name: 'failing',
  streams: { readings: { shards: 1 } },
  functions: {
    send: { entry: './send.ts', http: 'POST /send', environment: urls },
    http: { entry: './http.ts', http: 'POST /fail', timeout: 1 },
    narrow: { entry: './http.ts', http: 'POST /narrow', timeout: 25, memorySize: 128, reservedConcurrency: 1 },
    callback: { entry: './callback.ts', http: 'GET /callback' },
    missing: { entry: './missing.ts', http: 'GET /missing' },
    init: { entry: './init.ts', http: 'GET /init' },
    work: { entry: './work.ts', queue: 'work', batchSize: 10 },
    read: { entry: './read.ts', stream: 'readings', maximumRetryAttempts: 1 },
  },
})`,
  'send.ts': `import { SendMessageCommand, SQSClient } from ${resolved('@aws-sdk/client-sqs')}
import { KinesisClient, PutRecordCommand } from ${resolved('@aws-sdk/client-kinesis')}
const sqs = new SQSClient({})
const kinesis = new KinesisClient({})
interface Event { body: string }
export const handler = async (event: Event) => {
  const { to, text } = JSON.parse(event.body)
  if (to === 'queue') {
    const { MessageId } = await sqs.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody: text }))
    return { id: MessageId }
  }
  const put = { StreamName: process.env.STREAM, PartitionKey: 'p', Data: Buffer.from(text) }
  return { id: (await kinesis.send(new PutRecordCommand(put))).SequenceNumber }
}`,
  'http.ts': `interface Event { body: string }

function price(order: { price?: number }): number {
  if (order.price === undefined) throw new TypeError('price is undefined', { cause: new Error('no such field') })
  return order.price
}

export const handler = async (event: Event) => {
  console.log('asked for ' + event.body.length + ' bytes')
  switch (event.body) {
    case 'throw':
      return price({})
    case 'hang':
      return new Promise((resolve) => setTimeout(resolve, 30_000))
    case 'exit':
      return process.exit(1)
    case 'heap':
      for (const held: unknown[] = []; ; ) held.push(new Array(100_000).fill(held.length))
    case 'reject':
      void Promise.reject(new RangeError('nobody listens'))
      return new Promise(() => setInterval(() => undefined, 1000))
    case 'circular': {
      const response: { self?: unknown } = {}
      response.self = response
      return response
    }
    case 'large':
      return 'x'.repeat(7_000_000)
    case 'malformed':
      return { statusCode: 200, body: { not: 'text' } }
    default:
      return new Promise((resolve) => setTimeout(resolve, 500))
  }
}`,
  'callback.ts': `export const handler = (event: unknown, context: unknown, callback: (error: Error) => void) =>
  callback(new Error('refused'))`,
  'missing.ts': 'export const other = 1',
  'init.ts': `interface Settings { readonly url?: string }
function required(settings: Settings): string {
  if (settings.url === undefined) throw new Error('DATABASE_URL is not set')
  return settings.url
}
export const url = required({})
export const handler = async () => url`,
  'work.ts': `interface Event { readonly Records: readonly { readonly body: string; readonly messageId: string }[] }
export const handler = async ({ Records }: Event) => {
  const texts = Records.map(({ body }) => body)
  if (texts.includes('throw-secret')) throw new Error('the price list is empty')
  if (texts.includes('exit-secret')) process.exit(3)
  if (texts.includes('return-secret')) {
    return { batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
  return Records.length
}`,
  'read.ts': `interface Event { readonly Records: readonly unknown[] }
export const handler = async ({ Records }: Event) => {
  throw new Error('the meter is unknown, of ' + typeof Records)
}`,
}

let folder: string
let url: string
let cli: RunningCli

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-cli-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const port = await freePorts()
  url = `http://127.0.0.1:${port}`
  cli = runCli(['dev', folder], { PORT: String(port) })
  await vi.waitFor(
    () => {
      if (cli.child.exitCode !== null) throw new Error(cli.stderr())
      expect(cli.stdout()).toMatch(/^ready /m)
    },
    { timeout: 50_000, interval: 50 },
  )
  return async () => {
    const processes = processesOf(cli.child.pid)
    cli.child.kill('SIGTERM')
    expect((await cli.ended).code).toBe(0)
    await vi.waitFor(() => expect(alive(processes)).toStrictEqual([]), { timeout: 5000 })
    // Standard output has the banner and nothing else.
    expect(cli.stdout().trimEnd().split('\n').at(-1)).toBe(`ready ${url}`)
    expect(cli.stderr()).not.toContain('secret')
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function post(path: string, body: string) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain' },
  })
  const answer = (await response.json()) as { readonly id: string; readonly message?: string }
  return { status: response.status, requestId: response.headers.get('apigw-requestid'), ...answer }
}

async function get(path: string) {
  const response = await fetch(`${url}${path}`)
  return { status: response.status, requestId: response.headers.get('apigw-requestid') }
}

/** Waits for the line, and gives it with those after it. */
async function terminal(first: RegExp): Promise<string[]> {
  return vi.waitFor(
    () => {
      const lines = cli.stderr().split('\n')
      const index = lines.findIndex((line) => first.test(line))
      if (index === -1) throw new Error(`no line matches ${first}:\n${cli.stderr()}`)
      // What belongs to one failure is written at once.
      return lines.slice(index)
    },
    { timeout: 30_000, interval: 50 },
  )
}

const id = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const place = (name: string, file: string, line: number) =>
  expect.stringMatching(new RegExp(`^\\[${name}\\]     at .*file://${folder}/${file}:${line}:\\d+\\)?$`))

it('prints what a handler throws for a request, with its stack in the source and the id of the request', async () => {
  const { status, requestId } = await post('/fail', 'throw')
  expect(status).toBe(500)
  const lines = await terminal(/TypeError/)
  expect(lines[0]).toMatch(new RegExp(`^\\[http\\] ERROR RequestId: ${id} TypeError: price is undefined$`))
  expect(lines.slice(1, 3)).toEqual([place('http', 'http.ts', 4), place('http', 'http.ts', 12)])
  const cause = lines.indexOf('[http]   caused by Error: no such field')
  expect(lines[cause + 1]).toEqual(place('http', 'http.ts', 4))
  expect(lines).toContain(`[http]   event: request POST /fail, apigw-requestid ${requestId}`)
  // What it wrote itself comes before.
  expect(cli.stderr()).toMatch(/\[http\] asked for 5 bytes\n(?:.*\n)*.*TypeError/)
})

it.each([
  ['hang', `ERROR RequestId: ${id} Error: Task timed out after 1\\.00 seconds Sandbox\\.Timedout`],
  ['exit', `ERROR RequestId: ${id} Error: Runtime exited with error: exit status 1 Runtime\\.ExitError`],
  ['reject', `ERROR RequestId: ${id} Runtime\\.UnhandledPromiseRejection: RangeError: nobody listens`],
  [
    'circular',
    `ERROR RequestId: ${id} Runtime\\.JSONStringifyError: Unable to stringify response body: Converting circular structure to JSON`,
  ],
  [
    'large',
    `ERROR RequestId: ${id} Function\\.ResponseSizeTooLarge: Response payload size exceeded maximum allowed payload size \\(6291556 bytes\\)\\.`,
  ],
  [
    'malformed',
    'answered 500 because the response is malformed: body is not a string; request POST /fail, .*',
  ],
])('prints how a request failed: %s', async (how, line) => {
  const { status, requestId } = await post('/fail', how)
  expect(status).toBe(500)
  const lines = await terminal(new RegExp(`^\\[http\\] ${line}$`))
  expect(lines.join('\n')).toContain(`request POST /fail, apigw-requestid ${requestId}`)
})

it('prints that the memory is used up', async () => {
  // A second may be too little to fill it on a busy machine.
  const { status, requestId } = await post('/narrow', 'heap')
  expect(status).toBe(500)
  const lines = await terminal(/^\[narrow\] ERROR/)
  expect(lines[0]).toMatch(
    new RegExp(
      `^\\[narrow\\] ERROR RequestId: ${id} Error: Runtime exited with error: signal: aborted Runtime\\.ExitError$`,
    ),
  )
  expect(lines).toContain(`[narrow]   event: request POST /narrow, apigw-requestid ${requestId}`)
  expect(cli.stderr()).toMatch(/^\[narrow\] .*JavaScript heap out of memory/m)
})

it('prints why a function does not start', async () => {
  const statuses = [await get('/callback'), await get('/missing'), await get('/init')].map(
    ({ status }) => status,
  )
  expect(statuses).toEqual([500, 500, 500])
  const [callback] = await terminal(/^\[callback\] ERROR/)
  expect(callback).toContain(
    'Runtime.CallbackHandlerDeprecated: ERROR: AWS Lambda has removed support for callback-based',
  )
  expect(callback).toContain('(while the function was starting)')
  const [missing] = await terminal(/^\[missing\] ERROR/)
  expect(missing).toContain('Runtime.HandlerNotFound: index.handler is undefined or not exported')
  const init = await terminal(/^\[init\] ERROR/)
  expect(init[0]).toMatch(/Error: DATABASE_URL is not set \(while the function was starting\)$/)
  expect(init[1]).toEqual(place('init', 'init.ts', 3))
})

it('prints throttles once, and counts the others', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => post('/narrow', 'wait')))
  const throttled = answers.filter(({ status }) => status === 503).length
  expect(throttled).toBe(11)
  await terminal(/^\[narrow\] throttled 10 more times$/)
  expect(cli.stderr().match(/Rate Exceeded/g)).toHaveLength(1)
})

it('prints what fails for a queue, with the ids of the messages', async () => {
  const { id: thrown } = await post('/send', JSON.stringify({ to: 'queue', text: 'throw-secret' }))
  const lines = await terminal(
    new RegExp(`^\\[work\\] ERROR RequestId: ${id} Error: the price list is empty$`),
  )
  expect(lines[1]).toEqual(place('work', 'work.ts', 4))
  expect(lines).toContain(`[work]   event: 1 message of queue work: ${thrown}`)

  const { id: exited } = await post('/send', JSON.stringify({ to: 'queue', text: 'exit-secret' }))
  const exit = await terminal(
    /^\[work\] ERROR .* Runtime exited with error: exit status 3 Runtime\.ExitError$/,
  )
  expect(exit[1]).toBe(`[work]   event: 1 message of queue work: ${exited}`)

  await post('/send', JSON.stringify({ to: 'queue', text: 'return-secret' }))
  await terminal(
    /^\[work\] returned batchItemFailures: on AWS .* FunctionResponseTypes: \[ReportBatchItemFailures\]/,
  )

  const { id: unread } = await post('/send', JSON.stringify({ to: 'queue', text: 'number' }))
  const [malformed] = await terminal(/^\[work\] the whole batch failed/)
  expect(malformed).toBe(
    `[work] the whole batch failed: the response is a number, not an object with batchItemFailures; 1 message of queue work: ${unread}`,
  )
})

it('prints what fails for a stream, with the sequence numbers', async () => {
  const { id: number } = await post('/send', JSON.stringify({ to: 'stream', text: 'secret' }))
  const lines = await terminal(
    new RegExp(`^\\[read\\] ERROR RequestId: ${id} Error: the meter is unknown, of object$`),
  )
  expect(lines[1]).toEqual(place('read', 'read.ts', 3))
  const origin = `1 record of stream readings, shardId-000000000000, sequence number ${number}`
  expect(lines).toContain(`[read]   event: ${origin}`)
  // Its retry, without the stack.
  const [again = ''] = await terminal(/^\[read\] ERROR .*\(repeated\)$/)
  expect(again).toContain(`Error: the meter is unknown, of object; ${origin} (repeated)`)
  await terminal(
    new RegExp(`^\\[read\\] a batch of shardId-000000000000 \\(1 from ${number} on\\) was discarded`),
  )
})
