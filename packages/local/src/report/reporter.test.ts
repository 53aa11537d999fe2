import { expect, it } from 'vitest'
import { virtualClock } from '../../../sqs/src/testing/virtual-clock.ts'
import type { InvocationFailure } from '../functions/index.ts'
import { createReporter } from './reporter.ts'

const sqsEvent = (count: number) => ({
  Records: Array.from({ length: count }, (_, index) => ({
    messageId: `m${index + 1}`,
    body: 'secret',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:orders.fifo',
  })),
})
const kinesisEvent = (count: number) => ({
  Records: Array.from({ length: count }, (_, index) => ({
    eventID: `shardId-000000000003:49${index}`,
    kinesis: { data: 'c2VjcmV0', partitionKey: 'secret' },
    eventSource: 'aws:kinesis',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/readings',
  })),
})
const httpEvent = {
  routeKey: 'GET /orders/{id}',
  rawPath: '/orders/secret',
  body: 'secret',
  requestContext: { requestId: 'abc=', routeKey: 'GET /orders/{id}' },
}

const thrown = (errorMessage = 'price is undefined', line = 3): InvocationFailure => ({
  ok: false,
  kind: 'error',
  error: {
    errorType: 'TypeError',
    errorMessage,
    trace: [
      `TypeError: ${errorMessage}`,
      `    at toRow (file:///app/row.ts:${line}:9)`,
      '    at handler (file:///app/write.ts:7:3)',
    ],
  },
})
const throttle: InvocationFailure = {
  ok: false,
  kind: 'throttle',
  error: {
    errorType: 'TooManyRequestsException',
    errorMessage: 'Rate Exceeded: write already runs its 2 concurrent invocations.',
  },
}

function start() {
  const clock = virtualClock()
  const lines: string[] = []
  const reporter = createReporter({ clock, print: (text) => lines.push(...text.split('\n')) })
  let requests = 0
  return {
    clock,
    reporter,
    /** The lines since the previous call. */
    printed: () => lines.splice(0),
    fail(failure: InvocationFailure, event: unknown = {}) {
      requests += 1
      reporter.onInvocation({
        function: 'write',
        requestId: `r${requests}`,
        event,
        durationMs: 1,
        result: failure,
      })
    },
  }
}

it('prints the request, the error, its stack, its causes and the ids of the event', () => {
  const { fail, printed } = start()
  const failure = thrown()
  const causes = [
    {
      errorType: 'Error',
      errorMessage: 'no connection',
      code: 'ECONNREFUSED',
      trace: ['Error: no connection', ...Array(9).fill('    at connect (file:///app/db.ts:1:1)')],
    },
    { errorType: 'string', errorMessage: 'a text' },
  ]
  fail({ ...failure, error: { ...failure.error, code: 'ECONNREFUSED', causes } }, sqsEvent(3))
  expect(printed()).toEqual([
    '[write] ERROR RequestId: r1 TypeError: price is undefined',
    '[write]     at toRow (file:///app/row.ts:3:9)',
    '[write]     at handler (file:///app/write.ts:7:3)',
    '[write]   code: ECONNREFUSED',
    '[write]   caused by Error: no connection, code: ECONNREFUSED',
    ...Array(5).fill('[write]     at connect (file:///app/db.ts:1:1)'),
    '[write]   caused by string: a text',
    '[write]   event: 3 messages of queue orders.fifo: m1, m2, m3',
  ])
})

it.each([
  [sqsEvent(1), '1 message of queue orders.fifo: m1'],
  [
    sqsEvent(1200),
    '1,200 messages of queue orders.fifo: m1, m2, m3, m4, m5, m6, m7, m8, m9, m10 and 1,190 more',
  ],
  [kinesisEvent(1), '1 record of stream readings, shardId-000000000003, sequence number 490'],
  [kinesisEvent(5), '5 records of stream readings, shardId-000000000003, sequence numbers 490 to 494'],
  [httpEvent, 'request GET /orders/{id}, apigw-requestid abc='],
])('prints the source of an event, and nothing of its content: %#', (event, origin) => {
  const { fail, printed } = start()
  fail(thrown(), event)
  const lines = printed()
  expect(lines.at(-1)).toBe(`[write]   event: ${origin}`)
  expect(lines.join()).not.toMatch(/secret|c2VjcmV0/)
})

it.each([
  undefined,
  null,
  'text',
  [],
  { Records: [] },
  { Records: 'x' },
  { Records: [null] },
  { routeKey: 'x' },
])('prints nothing about an event of another kind: %j', (event) => {
  const { fail, printed } = start()
  fail(thrown(), event)
  expect(printed()).toHaveLength(3)
})

const ended = (
  errorType: string,
  what: string,
  more: Partial<InvocationFailure> = {},
): InvocationFailure => ({
  ok: false,
  kind: 'crash',
  error: { errorType, errorMessage: `RequestId: r1 Error: ${what}` },
  ...more,
})
it.each([
  [
    ended('Sandbox.Timedout', 'Task timed out after 3.00 seconds', { kind: 'timeout' }),
    ['ERROR RequestId: r1 Error: Task timed out after 3.00 seconds Sandbox.Timedout'],
  ],
  [
    ended('Runtime.ExitError', 'Runtime exited with error: exit status 1'),
    ['ERROR RequestId: r1 Error: Runtime exited with error: exit status 1 Runtime.ExitError'],
  ],
  [
    ended('Runtime.ExitError', 'Runtime exited without providing a reason', { phase: 'init' }),
    [
      'ERROR RequestId: r1 Error: Runtime exited without providing a reason Runtime.ExitError (while the function was starting)',
    ],
  ],
  [
    ended('Runtime.ExitError', 'Runtime exited with error: signal: killed'),
    [
      'ERROR RequestId: r1 Error: Runtime exited with error: signal: killed Runtime.ExitError',
      '  Lambda ends a function in this way when it needs more than its memorySize.',
    ],
  ],
  [
    ended('Runtime.ExitError', 'Runtime exited with error: signal: aborted'),
    [
      'ERROR RequestId: r1 Error: Runtime exited with error: signal: aborted Runtime.ExitError',
      '  Node.js aborts when its heap is full, and reports this in the lines above. The limit is memorySize.',
    ],
  ],
  [
    throttle,
    [
      'WARN RequestId: r1 TooManyRequestsException: Rate Exceeded: write already runs its 2 concurrent invocations.',
    ],
  ],
])('prints the end of a function as Lambda does: %#', (failure, lines) => {
  const { fail, printed } = start()
  fail(failure)
  expect(printed()).toEqual(lines.map((line) => `[write] ${line}`))
})

it('prefixes each line of a message, and removes terminal commands from it', () => {
  const { fail, printed } = start()
  fail({ ok: false, kind: 'error', error: { errorType: 'Error', errorMessage: 'two\nlines\u001B[2J' } })
  expect(printed()).toEqual(['[write] ERROR RequestId: r1 Error: two', '[write] lines'])
})

it('prints each repetition in one line, then counts them, and prints one in full again after a minute', async () => {
  const { fail, printed, clock } = start()
  fail(thrown('order 1 has no price'), sqsEvent(1))
  expect(printed()).toHaveLength(4)
  for (let order = 2; order <= 100; order++) fail(thrown(`order ${order} has no price`), sqsEvent(1))
  expect(printed()).toEqual(
    [2, 3, 4, 5, 6].map(
      (order) =>
        `[write] ERROR RequestId: r${order} TypeError: order ${order} has no price; 1 message of queue orders.fifo: m1 (repeated)`,
    ),
  )
  await clock.advance(5000)
  expect(printed()).toEqual([
    '[write] 94 more like the last: ERROR RequestId: r100 TypeError: order 100 has no price',
  ])
  fail(thrown('order 101 has no price'))
  expect(printed()).toEqual(['[write] ERROR RequestId: r101 TypeError: order 101 has no price (repeated)'])
  await clock.advance(55_000)
  expect(printed()).toEqual([])
  fail(thrown('order 102 has no price'))
  expect(printed()).toHaveLength(3)
})

it('prints the first failure of each kind in full, even among many others', () => {
  const { fail, printed } = start()
  for (let count = 0; count < 50; count++) fail(thrown())
  printed()
  fail(thrown('another message'))
  fail(thrown('price is undefined', 4))
  fail({ ...thrown(), phase: 'init' })
  fail({ ...thrown(), error: { ...thrown().error, code: '23505' } })
  expect(printed().filter((line) => line.includes('ERROR'))).toEqual([
    '[write] ERROR RequestId: r51 TypeError: another message',
    '[write] ERROR RequestId: r52 TypeError: price is undefined',
    '[write] ERROR RequestId: r53 TypeError: price is undefined (while the function was starting)',
    '[write] ERROR RequestId: r54 TypeError: price is undefined',
  ])
})

it('counts throttles after the first', async () => {
  const { fail, printed, clock } = start()
  for (let count = 0; count < 300; count++) fail(throttle, httpEvent)
  expect(printed()).toEqual([
    '[write] WARN RequestId: r1 TooManyRequestsException: Rate Exceeded: write already runs its 2 concurrent invocations.',
    '[write]   event: request GET /orders/{id}, apigw-requestid abc=',
  ])
  await clock.advance(5000)
  expect(printed()).toEqual(['[write] throttled 299 more times'])
})

it('prints the counts when it stops', async () => {
  const { fail, printed, reporter, clock } = start()
  fail(throttle)
  fail(throttle)
  printed()
  reporter.stop()
  await clock.advance(0)
  expect(printed()).toEqual(['[write] throttled 1 more times'])
})

it('prints the end of an environment between invocations, and problems, with the same limit', async () => {
  const { reporter, printed, clock } = start()
  reporter.onEnvironmentEnd({ function: 'write', failure: thrown('late') })
  expect(printed()[0]).toBe('[write] ERROR TypeError: late')
  for (let count = 1; count <= 10; count++) {
    reporter.onProblem({
      function: 'write',
      code: 'response-malformed',
      message: `the response is a number; 1 message: m${count}`,
    })
  }
  expect(printed()).toEqual(
    [1, 2, 3, 4, 5, 6].map((count) => `[write] the response is a number; 1 message: m${count}`),
  )
  await clock.advance(5000)
  expect(printed()).toEqual(['[write] 4 more like the last: the response is a number; 1 message: m10'])
})

it('prints nothing about invocations that succeed, or end because the runtime stops', () => {
  const { reporter, fail, printed } = start()
  reporter.onInvocation({
    function: 'write',
    requestId: 'r',
    event: {},
    durationMs: 1,
    result: { ok: true, payload: null },
  })
  fail({
    ok: false,
    kind: 'crash',
    error: { errorType: 'Runtime.Stopped', errorMessage: 'The function write is stopped.' },
  })
  expect(printed()).toEqual([])
})
