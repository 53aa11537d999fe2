import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { EnvironmentEnd, InvocationInfo, InvocationResult } from './index.ts'
import { startOne } from './testing/start-one.ts'

// The errors of all ways in which a function can fail. They are those of Lambda: of its recorded answers
// (`test_lambda.json`) and of the runtime interface client of Node.js 24.

const handlers = `
const fail = () => {
  throw new TypeError('price is undefined', {
    cause: new Error('no connection', {
      cause: new AggregateError([
        Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' }),
        'a text',
      ], 'both failed'),
    }),
  })
}
export const handler = async ({ how, code }) => {
  switch (how) {
    case 'throw': return fail()
    case 'circular': { const error = new Error('a'); error.cause = new Error('b', { cause: error }); throw error }
    case 'unreadable': throw Object.defineProperty(new Error('a'), 'cause', { get() { throw new Error('b') } })
    case 'long': throw new Error('x'.repeat(1_000_000))
    case 'text': throw 'just text'
    case 'nothing': throw undefined
    case 'reject': Promise.reject(new RangeError('nobody listens', { cause: new Error('why') })); break
    case 'reject text': Promise.reject('just text'); break
    case 'uncaught': setTimeout(() => { throw new RangeError('later') }); break
    case 'exit': process.exit(code)
    case 'abort': process.abort()
    case 'kill': process.kill(process.pid, 'SIGKILL'); break
    case 'segfault': process.kill(process.pid, 'SIGSEGV'); break
    case 'heap': { const held = []; for (;;) held.push(new Array(100_000).fill(held.length)) }
    case 'circular response': { const response = {}; response.self = response; return response }
    case 'exit later': setTimeout(() => process.exit(7), 1); return 'answered'
    case 'reject later': setTimeout(() => Promise.reject(new Error('late')), 1); return 'answered'
    default: return 'answered'
  }
  await new Promise((resolve) => setTimeout(resolve, 20_000))
}
export const callback = (event, context, callback) => callback(new Error('refused'))
export const asyncCallback = async (event, context, callback) => 'answered'
export const withDefault = async (event, context, options = {}) => typeof options
export const number = 1
export default { inDefault: async () => 'answered' }
`

async function start(handler = 'handler', source = handlers, memorySize = 128) {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-failures-'))
  const entry = join(folder, 'handlers.js')
  await writeFile(entry, source)
  const infos: InvocationInfo[] = []
  const ends: EnvironmentEnd[] = []
  const spec = { name: 'subject', entry, handler, timeout: 30, memorySize, environment: {} }
  const fn = await startOne(spec, {
    reaper: { watch: () => undefined, unwatch: () => undefined },
    bundleFolder: folder,
    onInvocation: (info) => infos.push(info),
    onEnvironmentEnd: (end) => ends.push(end),
  })
  onTestFinished(async () => {
    await fn.stop()
    await rm(folder, { recursive: true, force: true })
  })
  return { fn, infos, ends }
}

function errorOf(result: InvocationResult) {
  if (result.ok) throw new Error('the invocation succeeded')
  return result.error
}

const at = (line: number) => expect.stringMatching(new RegExp(`^    at .*handlers\\.js:${line}:\\d+\\)?$`))

it('reports the stack and the causes of a thrown error, with positions in the source', async () => {
  const { fn, infos } = await start()
  const event = { how: 'throw' }
  const result = await fn.invoke(event)
  expect(infos).toEqual([
    {
      function: 'subject',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      event,
      durationMs: expect.any(Number),
      result,
    },
  ])
  const error = errorOf(result)
  expect(error).toMatchObject({
    errorType: 'TypeError',
    errorMessage: 'price is undefined',
    code: 'ECONNREFUSED',
  })
  expect(error.trace?.slice(0, 2)).toEqual(['TypeError: price is undefined', at(3)])
  expect(error.causes).toEqual([
    { errorType: 'Error', errorMessage: 'no connection', trace: expect.arrayContaining([at(4)]) },
    { errorType: 'AggregateError', errorMessage: 'both failed', trace: expect.arrayContaining([at(5)]) },
    {
      errorType: 'Error',
      errorMessage: 'connect ECONNREFUSED ::1:5432',
      code: 'ECONNREFUSED',
      trace: expect.arrayContaining([at(6)]),
    },
    { errorType: 'string', errorMessage: 'a text' },
  ])
})

it('reports any thrown value', async () => {
  const { fn } = await start()
  const report = async (how: string) => errorOf(await fn.invoke({ how }))
  expect(await report('circular')).toMatchObject({ errorMessage: 'a', causes: [{ errorMessage: 'b' }] })
  expect((await report('circular')).causes).toHaveLength(1)
  expect(await report('unreadable')).toEqual({
    errorType: 'Error',
    errorMessage: 'The thrown value cannot be read: one of its properties throws.',
  })
  const long = await report('long')
  expect(long.errorMessage).toBe(`${'x'.repeat(2048)} … ${'x'.repeat(2048)}`)
  expect(long.trace).toEqual(expect.arrayContaining([at(17)]))
  expect(await report('text')).toEqual({ errorType: 'string', errorMessage: 'just text' })
  expect(await report('nothing')).toEqual({ errorType: 'undefined', errorMessage: 'undefined' })
  expect(fn.state()).toMatchObject({ environments: 1, errors: 6 })
})

it('reports an unhandled rejection as Lambda does, with the reason as the cause', async () => {
  const { fn } = await start()
  expect(errorOf(await fn.invoke({ how: 'reject' }))).toMatchObject({
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage: 'RangeError: nobody listens',
    trace: ['Runtime.UnhandledPromiseRejection: RangeError: nobody listens'],
    causes: [
      { errorType: 'RangeError', errorMessage: 'nobody listens', trace: expect.arrayContaining([at(20)]) },
      { errorType: 'Error', errorMessage: 'why' },
    ],
  })
  expect(errorOf(await fn.invoke({ how: 'reject text' }))).toMatchObject({
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage: 'just text',
  })
  expect(errorOf(await fn.invoke({ how: 'uncaught' }))).toMatchObject({
    errorType: 'RangeError',
    errorMessage: 'later',
    trace: expect.arrayContaining([at(22)]),
  })
})

it.each([
  [{ how: 'exit', code: 0 }, 'Runtime exited without providing a reason'],
  [{ how: 'exit', code: 1 }, 'Runtime exited with error: exit status 1'],
  [{ how: 'exit', code: 127 }, 'Runtime exited with error: exit status 127'],
  [{ how: 'abort' }, 'Runtime exited with error: signal: aborted'],
  [{ how: 'kill' }, 'Runtime exited with error: signal: killed'],
  [{ how: 'segfault' }, 'Runtime exited with error: signal: segmentation fault'],
  // `memorySize` limits the heap.
  [{ how: 'heap' }, 'Runtime exited with error: signal: aborted'],
])('reports how the process ended: %j', async (event, how) => {
  // Little memory is used up sooner.
  const { fn, infos } = await start('handler', handlers, 32)
  const result = await fn.invoke(event)
  expect(result).toEqual({
    ok: false,
    kind: 'crash',
    error: {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${infos[0]?.requestId} Error: ${how}`,
    },
  })
})

it('reports that a response cannot be converted to JSON, and why', async () => {
  const { fn } = await start()
  expect(errorOf(await fn.invoke({ how: 'circular response' }))).toMatchObject({
    errorType: 'Runtime.JSONStringifyError',
    errorMessage: expect.stringMatching(/^Unable to stringify response body: Converting circular structure/),
    causes: [
      { errorType: 'TypeError', errorMessage: expect.stringMatching(/^Converting circular structure/) },
    ],
  })
})

it.each(['callback', 'asyncCallback'])('rejects a handler with three parameters: %s', async (name) => {
  const { fn } = await start(name)
  expect(await fn.invoke({})).toMatchObject({
    ok: false,
    kind: 'error',
    phase: 'init',
    error: {
      errorType: 'Runtime.CallbackHandlerDeprecated',
      errorMessage: `ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html. \`${name}\` declares three parameters: declare (event, context), and instead of calling the callback return a promise of the response, or throw.`,
    },
  })
})

it.each([
  ['withDefault', 'object'],
  ['inDefault', 'answered'],
])('runs a handler with an optional third parameter, as Lambda does: %s', async (name, payload) => {
  const { fn } = await start(name)
  expect(await fn.invoke({})).toEqual({ ok: true, payload })
})

it.each([
  ['missing', 'index.missing is undefined or not exported'],
  ['number', 'index.number is not a function'],
])('reports a handler that cannot be called: %s', async (name, problem) => {
  const { fn } = await start(name)
  expect(await fn.invoke({})).toMatchObject({
    kind: 'error',
    phase: 'init',
    error: {
      errorType: 'Runtime.HandlerNotFound',
      errorMessage: `${problem}: export an async function named \`${name}\` from the entry of the function.`,
    },
  })
})

it('reports a failed start with the id of the request that waited for it', async () => {
  const { fn, infos } = await start('handler', 'process.exit(0)')
  await fn.invoke({})
  expect(infos[0]?.result).toEqual({
    ok: false,
    kind: 'crash',
    phase: 'init',
    error: {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${infos[0]?.requestId} Error: Runtime exited without providing a reason`,
    },
  })
  const thrown = await start('handler', "throw new RangeError('bad start', { cause: new Error('why') })")
  expect(await thrown.fn.invoke({})).toMatchObject({
    kind: 'error',
    phase: 'init',
    error: {
      errorType: 'RangeError',
      errorMessage: 'bad start',
      trace: expect.arrayContaining([at(1)]),
      causes: [{ errorMessage: 'why' }],
    },
  })
})

it.each([
  ['exit later', { errorType: 'Runtime.ExitError' }],
  ['reject later', { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: late' }],
])('reports an environment that ends after its response: %s', async (how, error) => {
  const { fn, ends } = await start()
  // On a busy machine it may be frozen before its end. It then ends during the next invocation, which fails.
  await vi.waitFor(
    async () => {
      const results = [await fn.invoke({ how }), await fn.invoke({ how: 'return' })]
      const failures = results.flatMap((result) => (result.ok ? [] : [result]))
      expect([...failures, ...ends.map(({ failure }) => failure)]).toContainEqual(
        expect.objectContaining({ kind: 'crash', error: expect.objectContaining(error) }),
      )
    },
    { timeout: 20_000, interval: 20 },
  )
})

it('does not report environments that it stops itself', async () => {
  const { fn, ends, infos } = await start()
  await fn.invoke({ how: 'return' })
  const running = fn.invoke({ how: 'hang' }).catch(() => undefined)
  await fn.stop()
  await running
  expect(ends).toEqual([])
  expect(infos.map(({ result }) => result.ok || result.error.errorType)).not.toContain('Runtime.ExitError')
})
