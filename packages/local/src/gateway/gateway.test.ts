import { request } from 'node:http'
import { connect } from 'node:net'
import { SpillwayError } from '@spillway/message'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { afterEach, expect, it } from 'vitest'
import type { InvocationResult } from '../functions/index.ts'
import { type Gateway, type GatewayProblem, startGateway } from './index.ts'

const gateways: Gateway[] = []

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.stop()))
})

/** Starts a gateway whose routes all invoke one function, and collects the events. */
async function start(
  invoke: (event: APIGatewayProxyEventV2) => InvocationResult | Promise<InvocationResult>,
  routes: readonly string[] = ['ANY /{proxy+}'],
  integrationTimeout?: number,
) {
  const events: APIGatewayProxyEventV2[] = []
  const problems: GatewayProblem[] = []
  const fn = {
    name: 'subject',
    async invoke(event: unknown) {
      events.push(event as APIGatewayProxyEventV2)
      return invoke(event as APIGatewayProxyEventV2)
    },
  }
  const gateway = await startGateway({
    port: 0,
    routes: routes.map((route) => {
      const [method = '', path = ''] = route.split(' ')
      return { method, path, function: fn }
    }),
    ...(integrationTimeout === undefined ? {} : { integrationTimeout }),
    onProblem: (problem) => problems.push(problem),
  })
  gateways.push(gateway)
  return { ...gateway, events, problems }
}

const ok = (payload: unknown): InvocationResult => ({ ok: true, payload })
const failed = (kind: 'error' | 'timeout' | 'crash' | 'throttle', errorType = 'Error'): InvocationResult => ({
  ok: false,
  kind,
  error: { errorType, errorMessage: 'secret' },
})

/** Sends a text over a socket and returns the whole response. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

it('creates an event of payload format 2.0', async () => {
  const gateway = await start(() => ok({ statusCode: 202, body: 'taken' }), ['POST /orders/{id}'])
  const sent = '{"total":1,"text":"ü"}'
  const response = await fetch(`${gateway.url}/orders/a%20b?x=1&x=2%2C3&y=&__proto__=z`, {
    method: 'POST',
    headers: [
      ['Content-Type', 'application/json; charset=utf-8'],
      ['X-Twice', 'one'],
      ['X-Twice', 'two'],
      ['User-Agent', 'test'],
      ['Cookie', 'a=1; b=2'],
      ['X-Forwarded-For', '203.0.113.9'],
    ],
    body: sent,
  })
  expect([response.status, await response.text()]).toEqual([202, 'taken'])
  const [event] = gateway.events
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: 'POST /orders/{id}',
    rawPath: '/orders/a%20b',
    rawQueryString: 'x=1&x=2%2C3&y=&__proto__=z',
    cookies: ['a=1', 'b=2'],
    pathParameters: { id: 'a b' },
    body: sent,
    isBase64Encoded: false,
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: '127.0.0.1',
      domainPrefix: '127',
      http: {
        method: 'POST',
        path: '/orders/a%20b',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test',
      },
      routeKey: 'POST /orders/{id}',
      stage: '$default',
      time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      timeEpoch: expect.any(Number),
    },
  })
  expect(Object.entries(event?.queryStringParameters ?? {})).toEqual([
    ['x', '1,2,3'],
    ['y', ''],
    ['__proto__', 'z'],
  ])
  expect(event?.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'content-length': '23',
    host: `127.0.0.1:${gateway.port}`,
    'x-forwarded-for': '203.0.113.9, 127.0.0.1',
    'x-forwarded-port': String(gateway.port),
    'x-forwarded-proto': 'http',
    'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
  })
  expect(event?.headers['x-twice']?.replace(' ', '')).toBe('one,two')
  expect(event?.headers).not.toHaveProperty('cookie')
  expect(event?.headers).not.toHaveProperty('connection')
  expect(response.headers.get('apigw-requestid')).toBe(event?.requestContext.requestId)
  expect(event?.requestContext.requestId).toMatch(/^[A-Za-z0-9+/]{15}=$/)
})

it('omits fields that the request does not have', async () => {
  const gateway = await start(() => ok(null), ['GET /orders'])
  await fetch(`${gateway.url}/orders`)
  const [event] = gateway.events
  for (const name of ['body', 'cookies', 'pathParameters', 'queryStringParameters']) {
    expect(event).not.toHaveProperty(name)
  }
  expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false })
})

it.each([
  ['application/json', false],
  ['application/problem+json', false],
  ['Text/Plain; charset=utf-8', false],
  ['application/x-www-form-urlencoded', true],
  ['application/octet-stream', true],
  ['', true],
])('encodes a body of the type "%s" as base64: %s', async (type, isBase64Encoded) => {
  const gateway = await start(() => ok(null))
  const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
  await fetch(`${gateway.url}/`, { method: 'POST' })
  await fetch(`${gateway.url}/x`, { method: 'POST', headers, body: Buffer.from('äb') })
  expect(gateway.events).toHaveLength(1)
  expect(gateway.events[0]).toMatchObject({ isBase64Encoded, body: isBase64Encoded ? 'w6Ri' : 'äb' })
})

it('chooses the most specific route', async () => {
  const gateway = await start(
    ({ routeKey, pathParameters }) => ok({ routeKey, pathParameters }),
    ['ANY /{proxy+}', 'GET /pets/{proxy+}', 'ANY /pets/{id}', 'GET /pets/{id}', 'GET /pets/dog', 'GET /'],
  )
  const get = async (path: string, method = 'GET') => (await fetch(gateway.url + path, { method })).json()
  expect(await get('/')).toEqual({ routeKey: 'GET /' })
  expect(await get('/pets/dog')).toEqual({ routeKey: 'GET /pets/dog' })
  expect(await get('/pets/1')).toEqual({ routeKey: 'GET /pets/{id}', pathParameters: { id: '1' } })
  expect(await get('/pets/1', 'PUT')).toEqual({ routeKey: 'ANY /pets/{id}', pathParameters: { id: '1' } })
  expect(await get('/pets/1/a%2Fb')).toEqual({
    routeKey: 'GET /pets/{proxy+}',
    pathParameters: { proxy: '1/a/b' },
  })
  expect(await get('/pets/1/2', 'PUT')).toEqual({
    routeKey: 'ANY /{proxy+}',
    pathParameters: { proxy: 'pets/1/2' },
  })
  expect(await get('/%zz')).toEqual({ routeKey: 'ANY /{proxy+}', pathParameters: { proxy: '%zz' } })
})

it.each([
  ['GET', '/unknown'],
  ['POST', '/orders'],
  ['GET', '/orders/'],
])('answers 404 to %s %s', async (method, path) => {
  const gateway = await start(() => ok(null), ['GET /orders'])
  const response = await fetch(gateway.url + path, { method })
  expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }])
  expect(gateway.events).toEqual([])
})

it('sends the response of the function', async () => {
  const answers: Record<string, unknown> = {
    '/full': {
      statusCode: 201,
      headers: { 'X-Count': 3, 'Content-Type': 'text/html', 'content-length': '999', connection: 'close' },
      cookies: ['a=1; Path=/', 'b=2'],
      body: '<p>ü</p>',
    },
    '/binary': { statusCode: 200, headers: { 'content-type': 'x/y' }, body: 'AP8=', isBase64Encoded: true },
    '/plain': { statusCode: '202', body: 'text' },
    '/object': { id: 7 },
    '/text': 'Hello',
    '/null': null,
    '/none': { statusCode: 204 },
  }
  const gateway = await start(({ rawPath }) => ok(answers[rawPath]))
  const read = async (path: string) => {
    const response = await fetch(gateway.url + path)
    return [response.status, response.headers.get('content-type'), await response.text()]
  }
  const full = await fetch(`${gateway.url}/full`)
  expect([full.status, await full.text()]).toEqual([201, '<p>ü</p>'])
  expect(full.headers.get('x-count')).toBe('3')
  expect(full.headers.get('content-length')).toBe('9')
  expect(full.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2'])
  const binary = await fetch(`${gateway.url}/binary`)
  expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([0, 255])
  expect(await read('/plain')).toEqual([202, 'text/plain;charset=utf-8', 'text'])
  expect(await read('/object')).toEqual([200, 'application/json', '{"id":7}'])
  expect(await read('/text')).toEqual([200, 'application/json', 'Hello'])
  expect(await read('/null')).toEqual([200, 'application/json', 'null'])
  expect(await read('/none')).toEqual([204, 'text/plain;charset=utf-8', ''])
  const head = await fetch(`${gateway.url}/full`, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([201, '9', ''])
})

const badStatus = 'statusCode is not a number from 200 to 599'
const badHeader = 'HTTP does not allow one of the headers or cookies'
it.each([
  [{ statusCode: 'many' }, badStatus],
  [{ statusCode: 99 }, badStatus],
  [{ statusCode: 200, body: { not: 'text' } }, 'body is not a string'],
  [{ statusCode: 200, headers: { 'x-bad': 'a\r\nset-cookie: b=1' } }, badHeader],
  [{ statusCode: 200, headers: { 'bad name': 'a' } }, badHeader],
  [{ statusCode: 200, cookies: 'a=1' }, badHeader],
])(
  'answers 500 when the function returns a malformed response, and reports why: %j',
  async (payload, why) => {
    const gateway = await start(() => ok(payload))
    const response = await fetch(`${gateway.url}/x?secret=1`)
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }])
    const id = response.headers.get('apigw-requestid')
    expect(gateway.problems).toEqual([
      {
        function: 'subject',
        code: 'response-malformed',
        message: `answered 500 because the response is malformed: ${why}; request ANY /{proxy+}, apigw-requestid ${id}`,
      },
    ])
  },
)

it.each([
  [failed('error'), 500, 'Internal Server Error'],
  [failed('timeout'), 500, 'Internal Server Error'],
  [failed('crash'), 500, 'Internal Server Error'],
  [failed('throttle'), 503, 'Service Unavailable'],
  [failed('error', 'RequestTooLarge'), 413, 'Request Entity Too Large'],
])('does not reveal the reason of a failure: %j', async (result, status, message) => {
  const gateway = await start(() => result)
  const response = await fetch(`${gateway.url}/x`)
  expect([response.status, await response.json()]).toEqual([status, { message }])
})

it('answers 503 when the function takes too long', async () => {
  const gateway = await start(() => new Promise(() => undefined), ['ANY /{proxy+}'], 50)
  const response = await fetch(`${gateway.url}/x`)
  expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }])
  const id = response.headers.get('apigw-requestid')
  expect(gateway.problems).toEqual([
    {
      function: 'subject',
      code: 'integration-timeout',
      message: `answered 503: no response after 0.05 seconds; request ANY /{proxy+}, apigw-requestid ${id}`,
    },
  ])
})

it('answers 413 to a body of more than 10 MB, with and without content-length', async () => {
  const gateway = await start(({ body }) => ok({ length: body?.length }))
  const headers = { 'content-type': 'text/plain' }
  const post = (body: string) => fetch(`${gateway.url}/x`, { method: 'POST', headers, body })
  const limit = 10 * 1024 * 1024
  expect(await (await post('x'.repeat(limit))).json()).toEqual({ length: limit })
  const declared = await post('x'.repeat(limit + 1))
  expect([declared.status, await declared.json()]).toEqual([413, { message: 'Request Entity Too Large' }])
  const streamed = await new Promise<number | undefined>((resolve, reject) => {
    const outgoing = request(`${gateway.url}/x`, { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    outgoing.on('error', reject)
    for (let part = 0; part < 11; part++) outgoing.write('x'.repeat(1024 * 1024))
    outgoing.end()
  })
  expect(streamed).toBe(413)
  expect(gateway.events).toHaveLength(1)
})

it('survives disconnecting clients and malformed requests', async () => {
  const gate = Promise.withResolvers<InvocationResult>()
  const gateway = await start(({ rawPath }) => (rawPath === '/slow' ? gate.promise : ok('fine')))
  const abort = new AbortController()
  const slow = fetch(`${gateway.url}/slow`, { signal: abort.signal }).catch((error) => error.name)
  await expect.poll(() => gateway.events).toHaveLength(1)
  abort.abort()
  expect(await slow).toBe('AbortError')
  gate.resolve(ok('too late'))
  const half = connect(gateway.port, '127.0.0.1', () => {
    half.write('POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc', () => half.destroy())
  })
  await new Promise((resolve) => half.on('close', resolve))
  expect(await raw(gateway.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  expect(await raw(gateway.port, 'OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 400 /,
  )
  expect(await (await fetch(`${gateway.url}/%E0%A4%A?%zz=%`)).text()).toBe('fine')
})

it('names the port that is in use', async () => {
  const gateway = await start(() => ok(null))
  const error = await startGateway({ port: gateway.port, routes: [] }).catch((reason) => reason)
  expect(error).toBeInstanceOf(SpillwayError)
  expect(error.code).toBe('SPILLWAY_PORT_IN_USE')
  expect(error.message).toMatch(
    new RegExp(
      `^Port ${gateway.port} is in use\\. Stop the process that listens there, or choose another: PORT=\\d+ npm start$`,
    ),
  )
})

it('waits for running requests when it stops', async () => {
  const gate = Promise.withResolvers<InvocationResult>()
  const gateway = await start(() => gate.promise)
  const response = fetch(`${gateway.url}/x`)
  await expect.poll(() => gateway.events).toHaveLength(1)
  const stopped = gateway.stop()
  gate.resolve(ok('in time'))
  expect(await (await response).text()).toBe('in time')
  await stopped
  await expect(fetch(`${gateway.url}/x`)).rejects.toThrow()
})

it('waits at most a second when it stops', async () => {
  const gateway = await start(() => new Promise(() => undefined))
  const response = fetch(`${gateway.url}/x`).catch(() => 'cut off')
  await expect.poll(() => gateway.events).toHaveLength(1)
  const begun = performance.now()
  await gateway.stop()
  expect(performance.now() - begun).toBeLessThan(3000)
  expect(await response).toBe('cut off')
})
