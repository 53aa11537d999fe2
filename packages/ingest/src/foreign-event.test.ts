import middy, { type MiddlewareObj } from '@middy/core'
import httpErrorHandler from '@middy/http-error-handler'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { defineMessage } from '@spillway/message'
import { memoryTarget } from '@spillway/message/testing'
import { sqsEvent } from '@spillway/sqs/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bodyLimit, bulkBodyParser, enqueue, enqueueMany, problemDetails, status, validate } from './index.ts'
import { memoryLogger } from './testing/http.ts'
import {
  albEvent,
  functionUrlEvent,
  httpApiEvent,
  restApiEvent,
  type TestRequest,
  testContext,
} from './testing.ts'

const anything = defineMessage({ name: 'anything', schema: z.looseObject({}) })
const context = { apiId: 'a1b2c3', stage: 'prod', requestId: 'r', identity: { sourceIp: '127.0.0.1' } }
const resource = 'arn:aws:execute-api:eu-west-1:0:a1b2c3/prod/POST/orders'
const record = {
  messageId: '1',
  body: '{"id":"a"}',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-west-1:0:orders',
}

const foreign: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['nothing', undefined],
  ['a text', 'warm'],
  ['a number', 7],
  ['an empty object', {}],
  ['the test event of the console of Lambda', { key1: 'value1', key2: 'value2', key3: 'value3' }],
  ['SQS', { Records: [record] }],
  ['an EventBridge Pipe', [record, record]],
  ['an EventBridge Pipe without records', []],
  ['SNS', { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', Sns: { Message: '{}' } }] }],
  ['S3', { Records: [{ eventSource: 'aws:s3', eventVersion: '2.1', s3: { bucket: {}, object: {} } }] }],
  ['Kinesis', { Records: [{ eventSource: 'aws:kinesis', eventVersion: '1.0', kinesis: { data: 'e30=' } }] }],
  ['DynamoDB', { Records: [{ eventSource: 'aws:dynamodb', dynamodb: {} }] }],
  ['EventBridge', { version: '0', id: '1', source: 'shop', 'detail-type': 'placed', detail: { id: 'a' } }],
  [
    'a schedule',
    { version: '0', source: 'aws.events', 'detail-type': 'Scheduled Event', resources: ['r'], detail: {} },
  ],
  ['a warm-up ping', { source: 'serverless-plugin-warmup' }],
  ['another warm-up ping', { warmer: true, concurrency: 3 }],
  ['an authorizer with a token', { type: 'TOKEN', authorizationToken: 't', methodArn: resource }],
  [
    'an authorizer of a request',
    {
      type: 'REQUEST',
      methodArn: resource,
      resource: '/orders',
      path: '/orders',
      httpMethod: 'POST',
      headers: {},
      requestContext: { ...context, httpMethod: 'POST' },
    },
  ],
  [
    'an authorizer of an HTTP API',
    {
      version: '2.0',
      type: 'REQUEST',
      routeArn: resource,
      rawPath: '/orders',
      headers: {},
      requestContext: { ...context, http: { method: 'POST', path: '/orders' } },
    },
  ],
  [
    'the connect of a WebSocket',
    {
      headers: {},
      multiValueHeaders: {},
      requestContext: { ...context, connectionId: 'c', eventType: 'CONNECT' },
    },
  ],
  [
    'the message of a WebSocket',
    {
      requestContext: { ...context, connectionId: 'c', eventType: 'MESSAGE' },
      body: '{}',
      isBase64Encoded: false,
    },
  ],
  [
    'a destination',
    { version: '1.0', timestamp: 't', requestContext: { requestId: 'r', condition: 'RetriesExhausted' } },
  ],
  ['an agent', { messageVersion: '1.0', actionGroup: 'g', apiPath: '/orders', httpMethod: 'POST' }],
  ['Cognito', { version: '1', triggerSource: 'PreSignUp_SignUp', request: {}, response: {} }],
  ['AppSync', { arguments: {}, source: null, request: { headers: {} }, info: { fieldName: 'orders' } }],
  ['a file system of logs', { awslogs: { data: 'e30=' } }],
]

const invoke = (handler: unknown, event: unknown) =>
  (handler as (event: unknown, context: object) => Promise<unknown>)(event, { ...testContext })

describe.each(foreign)('the event of %s', (_, event) => {
  it.each(
    Object.entries<(to: ReturnType<typeof memoryTarget>) => object>({
      bodyLimit: () => bodyLimit(),
      bulkBodyParser: () => bulkBodyParser(),
      validate: () => validate({ query: z.looseObject({}) }),
      enqueue: (to) => enqueue(anything, { to }),
      enqueueMany: (to) => enqueueMany(anything, { to }),
      status: () => status(anything, { source: { find: async () => ({ status: 'accepted' }) } }),
    }),
  )('is an error of %s by itself, and nothing is sent', async (owner, make) => {
    const to = memoryTarget()
    const handler = middy()
      .use(make(to) as MiddlewareObj)
      .handler(() => (owner === 'enqueueMany' ? [{}] : { a: 1 }))
    await expect(invoke(handler, event)).rejects.toMatchObject({
      name: 'SpillwayError',
      code: 'SPILLWAY_EVENT_FOREIGN',
      message: expect.stringMatching(`^${owner}: this is not an HTTP event`),
    })
    expect(to.sent).toStrictEqual([])
  })

  it('is an error of the documented chain, which no middleware answers', async () => {
    const to = memoryTarget()
    const logger = memoryLogger()
    const handler = middy()
      .use(httpErrorHandler({ fallbackMessage: 'before', logger: false }))
      .use(problemDetails({ logger }))
      .use(httpErrorHandler({ fallbackMessage: 'after', logger: false }))
      .use(bodyLimit())
      .use(httpJsonBodyParser())
      .use(validate({ body: anything }))
      .use(enqueue(anything, { to }))
      .handler((one) => one.valid.body)
    await expect(invoke(handler, event)).rejects.toMatchObject({ code: 'SPILLWAY_EVENT_FOREIGN' })
    expect(to.sent).toStrictEqual([])
  })

  it('is logged by Lambda alone', async () => {
    const logger = memoryLogger()
    const handler = middy()
      .use(problemDetails({ logger }))
      .use(bodyLimit())
      .handler(() => undefined)
    await expect(invoke(handler, event)).rejects.toMatchObject({ code: 'SPILLWAY_EVENT_FOREIGN' })
    expect(logger.lines).toStrictEqual([])
  })

  it('gets no answer from problemDetails for what another middleware or a handler threw', async () => {
    const error = Object.assign(new Error('no'), { statusCode: 415, expose: true })
    const logger = memoryLogger()
    const handler = middy()
      .use(problemDetails({ logger }))
      .handler(() => {
        throw error
      })
    await expect(invoke(handler, event)).rejects.toBe(error)
    expect(logger.lines).toMatchObject([
      ['error', 'spillway: no answer to an event that is not an HTTP request', { error }],
    ])
  })
})

it('is not answered with the 415 of the body parser', async () => {
  const handler = middy()
    .use(problemDetails({ logger: memoryLogger() }))
    .use(httpJsonBodyParser())
    .handler(() => ({ statusCode: 200 }))
  const event = await sqsEvent(anything, [{ a: 1 }])
  await expect(invoke(handler, event)).rejects.toMatchObject({ statusCode: 415 })
})

it('names who sent the event, and nothing else of it', async () => {
  const handler = middy()
    .use(bodyLimit())
    .handler(() => undefined)
  await expect(invoke(handler, { Records: [record] })).rejects.toThrow(
    'not an HTTP event, but one of aws:sqs. API',
  )
  await expect(invoke(handler, [record])).rejects.toThrow('not an HTTP event, but one of aws:sqs. API')
  await expect(invoke(handler, { source: 'aws.events' })).rejects.toThrow('but one of aws.events. API')
  await expect(invoke(handler, { source: 'hunter2' })).rejects.toThrow('not an HTTP event. API')
  await expect(invoke(handler, { body: '{}' })).rejects.toThrow('with @spillway/ingest/testing')
})

/** HTTP API, payload format 1.0. */
function httpApi1Event(request: TestRequest) {
  const event = restApiEvent(request)
  return { version: '1.0', ...event, requestContext: { ...event.requestContext, stage: '$default' } }
}

describe.each<[string, (request: TestRequest) => object]>([
  ['an HTTP API', httpApiEvent],
  ['an HTTP API with payload 1.0', httpApi1Event],
  ['a Function URL', functionUrlEvent],
  ['a REST API', restApiEvent],
  ['an ALB', (request) => albEvent(request)],
  ['an ALB with multi-value headers', (request) => albEvent(request, { multiValueHeaders: true })],
])('a request of %s', (_, toEvent) => {
  const answer = async (change: object, request: TestRequest = { body: { a: 1 } }) => {
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(bodyLimit())
      .use(httpJsonBodyParser())
      .use(validate({ body: anything }))
      .use(enqueue(anything, { to }))
      .handler((event) => event.valid.body)
    const { statusCode } = (await invoke(handler, { ...toEvent(request), ...change })) as {
      statusCode: number
    }
    return [statusCode, to.sent.length]
  }

  it('is taken', async () => {
    expect(await answer({})).toStrictEqual([202, 1])
  })

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE'])('is a 405 where it asks for no effect: %s', async (method) => {
    for (const make of [
      (to: ReturnType<typeof memoryTarget>) => middy().use(problemDetails()).use(enqueue(anything, { to })),
      (to: ReturnType<typeof memoryTarget>) =>
        middy().use(problemDetails()).use(enqueueMany(anything, { to })),
    ]) {
      const to = memoryTarget()
      const handler = make(to).handler(() => [{ a: 1 }])
      const response = (await invoke(handler, toEvent({ method }))) as { statusCode: number; headers: object }
      expect(response).toMatchObject({
        statusCode: 405,
        headers: { allow: 'POST, PUT, PATCH, DELETE' },
        body: expect.stringContaining('"code":"SPILLWAY_METHOD_NOT_ALLOWED"'),
      })
      expect(to.sent).toStrictEqual([])
    }
  })

  it.each([null, undefined])('is a request still where a field of it is %s', async (value) => {
    for (const name of Object.keys(toEvent({ body: {} }))) {
      const [code = 0, sent] = await answer({ [name]: value })
      expect([202, 400, 415, 422], name).toContain(code)
      expect(sent, name).toBe(code === 202 ? 1 : 0)
    }
  })
})

it('takes what the test console of API Gateway leaves empty for a request, with a clear answer', async () => {
  const handler = middy()
    .use(problemDetails())
    .use(bodyLimit())
    .use(httpJsonBodyParser())
    .use(validate({ body: anything }))
    .use(enqueue(anything, { to: memoryTarget() }))
    .handler((event) => event.valid.body)
  const event = {
    resource: '/orders',
    path: '/orders',
    httpMethod: 'POST',
    headers: null,
    multiValueHeaders: null,
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    requestContext: { stage: 'test-invoke-stage', httpMethod: 'POST', path: '/orders', apiId: 'a' },
    body: null,
    isBase64Encoded: false,
  }
  expect(await invoke(handler, event)).toMatchObject({ statusCode: 415 })
})
