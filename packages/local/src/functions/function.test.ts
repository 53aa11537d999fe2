import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SpillwayError } from '@spillway/message'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import type { FunctionSpec, FunctionsOptions, InvocationInfo, LambdaFunction, LogLine } from './index.ts'
import { coldStartLimit, startFunctions } from './index.ts'
import { startOne } from './testing/start-one.ts'

const sqsClient = fileURLToPath(import.meta.resolve('@aws-sdk/client-sqs'))

/** One module with a handler for each test, bundled again for each function. */
const handlers = `
let count = 0
let ticks = 0
export const counter = async () => ({ pid: process.pid, count: ++count })
export const echo = (event) => event
export const nothing = async () => undefined
export const environment = async () => ({ ...process.env })
export const context = async (event, { getRemainingTimeInMillis, ...rest }) => {
  const before = getRemainingTimeInMillis()
  await new Promise((resolve) => setTimeout(resolve, 100))
  return { ...rest, before, after: getRemainingTimeInMillis() }
}
export const meet = async (event) => {
  await fetch(event.url)
  return process.pid
}
export const tick = async () => {
  if (count++ === 0) setInterval(() => ticks++, 5)
  return ticks
}
export const misbehave = async ({ how }) => {
  console.log('asked to ' + how)
  if (how === 'hang') await new Promise(() => setInterval(() => {}, 1000))
  if (how === 'block') for (;;);
  if (how === 'exit') process.exit(3)
  if (how === 'reject') { Promise.reject(new Error('nobody listens')); await new Promise(() => {}) }
  if (how === 'throw') throw new TypeError('no', { cause: Object.assign(new Error('full'), { code: '53300' }) })
  if (how === 'throw string') throw 'just text'
  if (how === 'bigint') return 1n
  if (how === 'flood') return 'x'.repeat(7_000_000)
  if (how === 'log') { console.error('line 1\\nline 2'); process.stdout.write('no line break'); process.exit(0) }
  return process.pid
}
export const constant = 1
`

const watched = new Set<number>()
const reaper = { watch: (pid: number) => watched.add(pid), unwatch: (pid: number) => watched.delete(pid) }
const functions: LambdaFunction[] = []
const folders: string[] = []

async function start(
  handler: string,
  changes: Partial<FunctionSpec> & { readonly source?: string } = {},
  options: Partial<FunctionsOptions> = {},
): Promise<LambdaFunction> {
  const { source = handlers, ...rest } = changes
  const folder = mkdtempSync(join(tmpdir(), 'spillway-functions-'))
  folders.push(folder)
  const entry = join(folder, 'handlers.js')
  writeFileSync(entry, source)
  const spec = { name: 'subject', entry, handler, timeout: 10, memorySize: 256, environment: {}, ...rest }
  const fn = await startOne(spec, { reaper, bundleFolder: folder, ...options })
  functions.push(fn)
  return fn
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

beforeAll(() => {
  process.env.PARENT_SECRET = 'secret'
  return () => {
    delete process.env.PARENT_SECRET
  }
})

afterEach(async () => {
  await Promise.all(functions.splice(0).map((fn) => fn.stop()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  expect(watched.size).toBe(0)
})

it('reuses an environment, with the state of its module', async () => {
  const fn = await start('counter')
  const first = await fn.invoke({})
  const second = await fn.invoke({})
  const pid = fn.environments()[0]?.pid
  expect([first, second]).toEqual([
    { ok: true, payload: { pid, count: 1 } },
    { ok: true, payload: { pid, count: 2 } },
  ])
  expect(fn.state()).toEqual({ environments: 1, active: 0, invocations: 2, errors: 0, throttles: 0 })
})

it('provisions environments, and uses all of them for as many parallel requests', async () => {
  const fn = await start('counter')
  await fn.provision(3)
  const states = () => fn.environments().map(({ state }) => state)
  expect(states()).toEqual(['idle', 'idle', 'idle'])
  const results = await Promise.all([1, 2, 3].map(() => fn.invoke({})))
  const payloads = results.map((result) => (result.ok ? result.payload : undefined)) as { pid: number }[]
  expect(payloads.map(({ pid }) => pid).sort()).toEqual(
    fn
      .environments()
      .map(({ pid }) => pid)
      .sort(),
  )
  expect(payloads).toEqual(payloads.map(({ pid }) => ({ pid, count: 1 })))
  // No more are needed.
  await fn.provision(2)
  expect(states()).toHaveLength(3)
})

it('provisions no more environments than its reserved concurrency', async () => {
  const fn = await start('counter', { reservedConcurrency: 2 })
  await fn.provision(5)
  expect(fn.environments()).toHaveLength(2)
})

it('reports an environment that could not be provisioned', async () => {
  const fn = await start('counter', { source: `throw new Error('no luck')` })
  await expect(fn.provision(3)).rejects.toMatchObject({
    code: 'SPILLWAY_START_FAILED',
    message: "An environment of the function 'subject' did not start: no luck",
  })
})

it('passes events and results through JSON', async () => {
  const event = { text: 'tab\tline\nquote" ü 🚰', at: new Date(0), none: undefined }
  const fn = await start('echo')
  expect(await fn.invoke(event)).toEqual({
    ok: true,
    payload: { text: event.text, at: '1970-01-01T00:00:00.000Z' },
  })
  const nothing = await start('nothing')
  expect(await nothing.invoke(undefined)).toEqual({ ok: true, payload: null })
})

it('runs parallel invocations in separate environments, and reuses the most recent environment first', async () => {
  const { createServer } = await import('node:http')
  const parallel = coldStartLimit + 1
  const held: (() => void)[] = []
  const server = createServer((_, response) => {
    held.push(() => response.end())
    // It answers when all requests have arrived, so all invocations run at the same time.
    if (held.length >= parallel) for (const answer of held) answer()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const event = { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
  const fn = await start('meet')
  const results = await Promise.all(Array.from({ length: parallel }, () => fn.invoke(event)))
  expect(new Set(results.map((result) => result.ok && result.payload)).size).toBe(parallel)
  expect(fn.state()).toMatchObject({ environments: parallel, active: 0 })
  const third = await fn.invoke(event)
  const fourth = await fn.invoke(event)
  expect(fourth).toEqual(third)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

it('freezes an idle environment: its timers do not fire', async () => {
  const fn = await start('tick')
  await fn.invoke({})
  const begun = Date.now()
  await vi.waitUntil(() => Date.now() - begun > 1_000, { timeout: 5_000 })
  const later = await fn.invoke({})
  // Without a freeze the timer would fire 200 times. On a busy machine it fires sometimes before the freeze and after
  // the thaw.
  expect(later.ok && later.payload).toBeLessThan(50)
})

it('passes the context of Lambda with the real remaining time', async () => {
  const fn = await start('context', { timeout: 5 })
  const { payload } = (await fn.invoke({})) as { payload: { before: number; after: number } }
  expect(payload).toMatchObject({
    functionName: 'subject',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:subject',
    memoryLimitInMB: '256',
    logGroupName: '/aws/lambda/subject',
    logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
  expect(payload.before).toBeGreaterThan(4000)
  expect(payload.before).toBeLessThanOrEqual(5000)
  expect(payload.before - payload.after).toBeGreaterThanOrEqual(98)
})

it('sets the environment variables of the process', async () => {
  const fn = await start('environment', { environment: { QUEUE_URL: 'q', AWS_ACCESS_KEY_ID: 'mine' } })
  const { payload } = (await fn.invoke({})) as { payload: Record<string, string> }
  expect(payload).toMatchObject({
    QUEUE_URL: 'q',
    AWS_ACCESS_KEY_ID: 'mine',
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'subject',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    PATH: process.env.PATH,
    TZ: 'UTC',
    _X_AMZN_TRACE_ID: expect.stringMatching(
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
    ),
  })
  expect(payload).not.toHaveProperty('PARENT_SECRET')
  expect(payload).not.toHaveProperty('NODE_COMPILE_CACHE')
})

it.each(['hang', 'block'])(
  'kills an invocation that exceeds its time-out (%s), and runs the next one',
  async (how) => {
    const fn = await start('misbehave', { timeout: 1 })
    const result = await fn.invoke({ how })
    expect(result).toMatchObject({ ok: false, kind: 'timeout', error: { errorType: 'Sandbox.Timedout' } })
    expect(!result.ok && result.error.errorMessage).toMatch(
      /^RequestId: [0-9a-f-]{36} Error: Task timed out after 1\.00 seconds$/,
    )
    expect(fn.state().environments).toBe(0)
    expect(await fn.invoke({})).toMatchObject({ ok: true })
    expect(fn.state()).toMatchObject({ environments: 1, invocations: 2, errors: 1 })
  },
)

it('reports a crash and replaces the environment', async () => {
  const fn = await start('misbehave')
  const result = await fn.invoke({ how: 'exit' })
  expect(result).toMatchObject({ kind: 'crash', error: { errorType: 'Runtime.ExitError' } })
  expect(!result.ok && result.error.errorMessage).toMatch(/Error: Runtime exited with error: exit status 3$/)
  const running = fn.invoke({ how: 'hang' })
  await expect.poll(() => fn.environments()[0]?.state).toBe('busy')
  process.kill(fn.environments()[0]?.pid ?? 0, 'SIGKILL')
  expect(await running).toMatchObject({ kind: 'crash', error: { errorType: 'Runtime.ExitError' } })
  expect(await fn.invoke({ how: 'reject' })).toMatchObject({
    kind: 'crash',
    error: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: nobody listens' },
  })
  expect(await fn.invoke({})).toMatchObject({ ok: true })
})

it('does not use an idle environment that was killed', async () => {
  const fn = await start('misbehave')
  const first = await fn.invoke({})
  process.kill(fn.environments()[0]?.pid ?? 0, 'SIGKILL')
  await expect.poll(() => fn.environments()).toEqual([])
  const second = await fn.invoke({})
  expect(second.ok).toBe(true)
  expect(second).not.toEqual(first)
})

it('reports a thrown error, and keeps the environment', async () => {
  const fn = await start('misbehave')
  const { pid } = process
  const thrown = await fn.invoke({ how: 'throw' })
  expect(thrown).toMatchObject({
    kind: 'error',
    error: { errorType: 'TypeError', errorMessage: 'no', code: '53300' },
  })
  expect(!thrown.ok && thrown.error.trace?.join('\n')).toMatch(
    /^TypeError: no\n {4}at misbehave \(file:.*handlers\.js:27:/,
  )
  expect(await fn.invoke({ how: 'throw string' })).toMatchObject({
    kind: 'error',
    error: { errorType: 'string', errorMessage: 'just text' },
  })
  expect(await fn.invoke({ how: 'bigint' })).toMatchObject({
    error: {
      errorType: 'Runtime.JSONStringifyError',
      errorMessage: 'Unable to stringify response body: Do not know how to serialize a BigInt',
    },
  })
  expect(await fn.invoke({ how: 'flood' })).toMatchObject({
    error: { errorType: 'Function.ResponseSizeTooLarge' },
  })
  expect(await fn.invoke({})).toEqual({ ok: true, payload: fn.environments()[0]?.pid })
  expect(fn.state()).toMatchObject({ environments: 1, invocations: 5, errors: 4 })
  expect(fn.environments()[0]?.pid).not.toBe(pid)
})

it('accepts events of up to 6 MB', async () => {
  const fn = await start('echo')
  const largest = 'x'.repeat(6_291_454)
  expect(await fn.invoke(largest)).toEqual({ ok: true, payload: largest })
  expect(await fn.invoke(`${largest}x`)).toMatchObject({
    kind: 'error',
    error: { errorType: 'RequestTooLarge' },
  })
  expect(await fn.invoke(1n)).toMatchObject({ kind: 'error', error: { errorType: 'TypeError' } })
})

it.each([
  ['a module that throws', 'handler', `throw new RangeError('bad start')`, 'error', 'RangeError'],
  ['a missing export', 'handler', 'export const other = 1', 'error', 'Runtime.HandlerNotFound'],
  ['an export of another kind', 'handler', 'export const handler = 1', 'error', 'Runtime.HandlerNotFound'],
  ['an exit', 'handler', 'process.exit(1)', 'crash', 'Runtime.ExitError'],
])('reports a start that fails: %s', async (_, handler, source, kind, errorType) => {
  const fn = await start(handler, { source })
  const results = await Promise.all([fn.invoke({}), fn.invoke({})])
  for (const result of results) expect(result).toMatchObject({ ok: false, kind, error: { errorType } })
  expect(fn.state()).toMatchObject({ invocations: 2, errors: 2 })
  await expect.poll(() => fn.environments()).toEqual([])
})

it('rejects a module that cannot be bundled', async () => {
  const error = await start('handler', { source: `import './missing.js'\nexport const handler = 1` }).catch(
    (e) => e,
  )
  expect(error).toBeInstanceOf(SpillwayError)
  expect(error).toMatchObject({ code: 'SPILLWAY_START_FAILED' })
  expect(error.message).toContain('Could not resolve "./missing.js"')
})

it('bundles several functions together, and names one that cannot be bundled', async () => {
  const bundleFolder = mkdtempSync(join(tmpdir(), 'spillway-functions-'))
  folders.push(bundleFolder)
  const spec = (name: string, source: string): FunctionSpec => {
    const entry = join(bundleFolder, `${name}.js`)
    writeFileSync(entry, source)
    return { name, entry, handler: 'handler', timeout: 10, memorySize: 128, environment: {} }
  }
  writeFileSync(join(bundleFolder, 'shared.js'), 'export const state = { count: 0 }')
  const source = (answer: string) =>
    `import { state } from './shared.js'\nexport const handler = () => Promise.resolve(\`${answer} \${++state.count}\`)`
  const [first, second] = [spec('first', source('one')), spec('second', source('two'))]
  const broken = spec('broken', `import './missing.js'\nexport const handler = 1`)
  await expect(startFunctions([first, broken, second], { reaper, bundleFolder })).rejects.toMatchObject({
    code: 'SPILLWAY_START_FAILED',
    message: expect.stringMatching(
      /^The function broken cannot be bundled[\s\S]*Could not resolve "\.\/missing\.js"/,
    ),
  })
  const started = await startFunctions([first, second], { reaper, bundleFolder })
  functions.push(...started)
  expect(started.map(({ name }) => name)).toEqual(['first', 'second'])
  // Each has the shared module for itself.
  const answers = await Promise.all(started.map((fn) => fn.invoke({})))
  expect(answers).toEqual([
    { ok: true, payload: 'one 1' },
    { ok: true, payload: 'two 1' },
  ])
})

it('passes on each line of output with its request id', async () => {
  const lines: LogLine[] = []
  const infos: InvocationInfo[] = []
  const fn = await start(
    'misbehave',
    {},
    { onLog: (line) => lines.push(line), onInvocation: (info) => infos.push(info) },
  )
  await fn.invoke({ how: 'return' })
  await fn.invoke({ how: 'log' })
  await expect.poll(() => lines).toHaveLength(5)
  const [first, second] = [...new Set(lines.map(({ requestId }) => requestId))]
  expect(second).toMatch(/^[0-9a-f-]{36}$/)
  const stdout = { function: 'subject', stream: 'stdout' }
  expect(lines.filter(({ stream }) => stream === 'stdout')).toEqual([
    { ...stdout, requestId: first, text: 'asked to return' },
    { ...stdout, requestId: second, text: 'asked to log' },
    { ...stdout, requestId: second, text: 'no line break' },
  ])
  expect(lines.filter(({ stream }) => stream === 'stderr').map(({ text }) => text)).toEqual([
    'line 1',
    'line 2',
  ])
  expect(infos.map(({ result }) => result.ok)).toEqual([true, false])
  expect(infos[0]?.durationMs).toBeGreaterThan(0)
})

it('throttles requests above its reserved concurrency', async () => {
  const fn = await start('misbehave', { reservedConcurrency: 1 })
  const running = fn.invoke({ how: 'hang' })
  expect(await fn.invoke({})).toMatchObject({
    kind: 'throttle',
    error: { errorType: 'TooManyRequestsException' },
  })
  await expect.poll(() => fn.environments()[0]?.state).toBe('busy')
  expect(await fn.invoke({})).toMatchObject({ kind: 'throttle' })
  expect(fn.state()).toEqual({ environments: 1, active: 1, invocations: 1, errors: 0, throttles: 2 })
  await fn.stop()
  expect(await running).toMatchObject({ kind: 'crash' })
})

it('never runs with a reserved concurrency of 0', async () => {
  const fn = await start('counter', { reservedConcurrency: 0 })
  expect(await fn.invoke({})).toMatchObject({ kind: 'throttle' })
  expect(fn.state()).toEqual({ environments: 0, active: 0, invocations: 0, errors: 0, throttles: 1 })
})

it('leaves no process behind when it stops', async () => {
  const fn = await start('misbehave')
  const requests = Array.from({ length: coldStartLimit + 3 }, () => fn.invoke({ how: 'hang' }))
  await expect.poll(() => fn.state().active).toBeGreaterThan(0)
  const pids = fn.environments().map(({ pid }) => pid)
  expect(pids.every((pid) => watched.has(pid))).toBe(true)
  await Promise.all([fn.stop(), fn.stop()])
  expect(pids.filter(alive)).toEqual([])
  for (const result of await Promise.all(requests)) expect(result).toMatchObject({ ok: false, kind: 'crash' })
  expect(await fn.invoke({})).toMatchObject({ ok: false, kind: 'error' })
  expect(fn.environments()).toEqual([])
})

it('runs a module that uses the AWS SDK and declares `require` and `__dirname` itself', async () => {
  const source = `
    import { createRequire } from 'node:module'
    import { SQSClient } from ${JSON.stringify(sqsClient)}
    const require = createRequire(import.meta.url)
    const __dirname = 'mine'
    const client = new SQSClient({ endpoint: 'http://127.0.0.1:1', maxAttempts: 1 })
    export const handler = async () => [require('node:os').EOL, __dirname, await client.config.region()]`
  const fn = await start('handler', { source })
  expect(await fn.invoke({})).toEqual({ ok: true, payload: ['\n', 'mine', 'us-east-1'] })
})
