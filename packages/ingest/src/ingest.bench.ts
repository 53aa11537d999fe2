import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { type BenchGroup, defineBench, type Stage, startQueueServer } from '@spillway/bench'
import { defineMessage } from '@spillway/message'
import { type SqsClient, sqsTarget } from '@spillway/sqs'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import * as z from 'zod'
import { bodyLimit, enqueue, problemDetails, validate } from './index.ts'

const schema = z.object({
  id: z.uuid(),
  customer: z.string().min(1).max(64),
  items: z
    .array(z.object({ sku: z.string().min(1), quantity: z.int().positive(), priceCents: z.int() }))
    .min(1)
    .max(100),
})
const order = defineMessage({ name: 'order.placed', schema, key: (body) => body.id })

const body = JSON.stringify({
  id: '8e03978e-40d5-43e8-bc93-6894a57f9324',
  customer: 'customer-1',
  items: Array.from({ length: 5 }, (_, index) => ({ sku: `sku-${index}`, quantity: 2, priceCents: 1995 })),
})

/** As API Gateway delivers it. */
const event: APIGatewayProxyEventV2 = {
  version: '2.0',
  routeKey: 'POST /orders',
  rawPath: '/orders',
  rawQueryString: '',
  headers: {
    accept: '*/*',
    'content-length': String(body.length),
    'content-type': 'application/json',
    host: 'api.example.com',
    'user-agent': 'bench',
    'x-forwarded-for': '192.0.2.1',
    'x-forwarded-port': '443',
    'x-forwarded-proto': 'https',
  },
  requestContext: { requestId: 'r' } as APIGatewayProxyEventV2['requestContext'],
  body,
  isBase64Encoded: false,
}

type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<{ statusCode: number }>

/** As on Lambda, where an environment has one request at a time and nothing to coalesce. */
function withSpillway(client: SqsClient, queueUrl: string): Handler {
  return middy<APIGatewayProxyEventV2>()
    .use(problemDetails())
    .use(bodyLimit())
    .use(httpJsonBodyParser())
    .use(validate({ body: order }))
    .use(enqueue(order, { to: sqsTarget({ queueUrl, client }) }))
    .handler((event) => event.valid.body) as Handler
}

/** The same for one who writes it out: the same schema, the same answers, one message, no care for what goes wrong. */
function byHand(client: SqsClient, queueUrl: string): Handler {
  return async ({ body }) => {
    let input: unknown
    try {
      input = JSON.parse(body ?? '')
    } catch {
      return answer(400, { title: 'Bad Request', detail: 'The body is not valid JSON.' })
    }
    const parsed = schema.safeParse(input)
    if (!parsed.success) {
      return answer(422, { title: 'Unprocessable Content', errors: parsed.error.issues })
    }
    const { id } = parsed.data
    const message = { name: 'order.placed', key: id, time: new Date().toISOString(), body: input }
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }))
    return answer(202, { id, status: 'accepted' })
  }
}

function answer(statusCode: number, content: object) {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) }
}

function contestants(handlers: Readonly<Record<string, Handler>>): Stage['contestants'] {
  const context = { getRemainingTimeInMillis: () => 3000 } as Context
  return Object.entries(handlers).map(([name, handler]) => ({
    name,
    async run() {
      const { statusCode } = await handler({ ...event }, context)
      if (statusCode !== 202) throw new Error(`${name} answered ${statusCode}.`)
    },
  }))
}

/** Confirms everything at once. */
const stub = {
  async send(command: { input: { Entries?: readonly { Id: string }[] } }) {
    const Successful = command.input.Entries?.map(({ Id }) => ({ Id, MessageId: 'm', MD5OfMessageBody: '' }))
    return { $metadata: {}, MessageId: 'm', Successful }
  },
} as unknown as SqsClient

const chain = '`problemDetails`, `bodyLimit`, `httpJsonBodyParser`, `validate`, `enqueue`'
const shared: Pick<BenchGroup, 'operation' | 'baseline' | 'packages'> = {
  operation: 'request',
  baseline: 'a handler by hand',
  packages: ['@middy/core', '@middy/http-json-body-parser', '@aws-sdk/client-sqs', 'zod'],
}

export const bench = defineBench(
  {
    ...shared,
    name: 'Ingest, one request end to end',
    about: `A POST of ${body.length} bytes through the middy chain (${chain}), against a handler written by hand with the same zod schema and the same answers. Both send with the same client of the AWS SDK to the embedded SQS, in a process of its own. An environment that is warm: each has answered thousands of requests before.`,
    goal: { contestant: 'Spillway', ratio: 1.2 },
    rounds: 201,
    warmUpRounds: 160,
    collect: 'young',
    operations: 25,
    async start() {
      const server = await startQueueServer('spillway', 'by-hand')
      const client = new SQSClient({
        endpoint: server.endpoint,
        region: server.region,
        maxAttempts: 1,
        credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      })
      return {
        contestants: contestants({
          Spillway: withSpillway(client, server.queueUrl('spillway')),
          'a handler by hand': byHand(client, server.queueUrl('by-hand')),
        }),
        async stop() {
          client.destroy()
          await server.stop()
        },
      }
    },
  },
  {
    ...shared,
    name: 'Ingest, one request on CPU alone',
    about:
      'The same two, with a client that confirms at once in place of the SDK: what the code itself takes, without network, signing and serialization.',
    rounds: 51,
    operations: 1000,
    async start() {
      const queueUrl = 'http://127.0.0.1/000000000000/orders'
      return {
        contestants: contestants({
          Spillway: withSpillway(stub, queueUrl),
          'a handler by hand': byHand(stub, queueUrl),
        }),
      }
    },
  },
)
