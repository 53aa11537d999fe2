import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import { parser } from '@aws-lambda-powertools/batch/parser'
import middy from '@middy/core'
import middysPartialBatchFailure from '@middy/sqs-partial-batch-failure'
import { type BenchGroup, defineBench, type Stage } from '@spillway/bench'
import { defineMessage, done } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { sqsEvent } from '@spillway/sqs/testing'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { batch, eachRecord } from './index.ts'

const schema = z.object({
  id: z.uuid(),
  customer: z.string().min(1).max(64),
  items: z
    .array(z.object({ sku: z.string().min(1), quantity: z.int().positive(), priceCents: z.int() }))
    .min(1)
    .max(100),
})
type Order = z.infer<typeof schema>
const order = defineMessage({ name: 'order.placed', schema, key: (body) => body.id })

const count = 1000
const bodies = Array.from({ length: count }, (_, index) => ({
  id: `8e03978e-40d5-43e8-bc93-${String(index).padStart(12, '0')}`,
  customer: `customer-${index}`,
  items: Array.from({ length: 5 }, (_, item) => ({ sku: `sku-${item}`, quantity: 2, priceCents: 1995 })),
}))
const event = await sqsEvent(order, bodies, { queue: 'orders' })
const context = { getRemainingTimeInMillis: () => 30_000 } as Context

/** What reaches the handlers of a contestant, so that none of them can do less than the others. */
let handled = 0
const handleAll = async (all: readonly unknown[]) => {
  handled += all.length
}
const handleOne = async (body: Order) => {
  if (body.customer !== '') handled++
}

type Handler = (event: SQSEvent) => Promise<SQSBatchResponse>
const allDone: SQSBatchResponse = { batchItemFailures: [] }
const queueUrl = 'http://127.0.0.1/000000000000/orders'
const source = sqsSource({ queueUrl, deadLetterQueueUrl: `${queueUrl}-dlq`, client: { send: fail } })

function fail(): never {
  throw new Error('nothing is to be sent')
}

/** The chain of a worker, as it is deployed. */
function chainOf(handler: ReturnType<typeof batch>): Handler {
  const chain = middy().use(sqsPartialBatchFailure()).use(source).handler(handler)
  return (event) => chain({ ...event } as never, context) as unknown as Promise<SQSBatchResponse>
}

/** The core alone, on records that are there. */
function coreOf(handler: ReturnType<typeof batch>): Handler {
  const records = event.Records.map(({ messageId, body }) => ({
    id: messageId,
    lane: messageId,
    receiveCount: 1,
    body,
  }))
  return async () => {
    const settled = await handler({ source: { records, park: fail, delay: fail } }, context)
    return settled.every(({ status }) => status === 'fulfilled') ? allDone : fail()
  }
}

const writer = batch(order, async (records) => {
  await handleAll(records)
  return records.map(() => done())
})
const each = batch(
  order,
  eachRecord(async ({ body }) => {
    await handleOne(body)
    return done()
  }),
)

const bodyOf = ({ body }: SQSRecord): Order => schema.parse(JSON.parse(body).body)

const plainBatch: Handler = async ({ Records }) => {
  const orders: Order[] = []
  for (const record of Records) orders.push(bodyOf(record))
  await handleAll(orders)
  return allDone
}

const plainRecords: Handler = async ({ Records }) => {
  for (const record of Records) await handleOne(bodyOf(record))
  return allDone
}

/** One record after the other could not be told apart from all at once here: no handler waits for anything. */
const powertools: Handler = (event) => {
  const processor = new BatchProcessor(EventType.SQS, {
    parser,
    innerSchema: z.object({ body: schema }),
    transformer: 'json',
  })
  const handle = (record: { readonly body: { readonly body: Order } }) => handleOne(record.body.body)
  return processPartialResponse(event, handle, processor, { context })
}

const powertoolsWithoutParser: Handler = (event) => {
  const processor = new BatchProcessor(EventType.SQS)
  return processPartialResponse(event, (record: SQSRecord) => handleOne(bodyOf(record)), processor, {
    context,
  })
}

const settled = middy()
  .use(middysPartialBatchFailure({ logger: () => undefined }))
  .handler((event) =>
    Promise.allSettled((event as SQSEvent).Records.map(async (record) => handleOne(bodyOf(record)))),
  )
const middySettled: Handler = (event) =>
  settled({ ...event }, context) as unknown as Promise<SQSBatchResponse>

function contestants(handlers: Readonly<Record<string, Handler>>): Stage['contestants'] {
  return Object.entries(handlers).map(([name, handler]) => ({
    name,
    async run() {
      handled = 0
      const { batchItemFailures } = await handler(event)
      if (batchItemFailures.length > 0 || handled !== count)
        throw new Error(`${name} did ${handled} records.`)
    },
  }))
}

const shared: Pick<BenchGroup, 'operation' | 'baseline' | 'units' | 'packages' | 'rounds'> = {
  operation: 'batch',
  baseline: 'a plain loop',
  units: { name: 'record', count },
  rounds: 51,
  packages: ['@middy/core', '@middy/sqs-partial-batch-failure', 'zod'],
}
const what = `${count} SQS records with envelopes of about ${event.Records[0]?.body.length} bytes, and a handler that does nothing with them: what the code between Lambda and the handler takes.`

export const bench = defineBench(
  {
    ...shared,
    name: 'A batch of 1,000, whole',
    about: `${what} The plain loop is \`JSON.parse\` and the same zod schema for each record, and nothing else. The chain is \`sqsPartialBatchFailure\`, \`sqsSource\` and \`batch\`; the core is \`batch\` alone.`,
    goal: { contestant: 'Spillway, the core', ratio: 1.2 },
    operations: 40,
    async start() {
      return {
        contestants: contestants({
          'Spillway, the core': coreOf(writer),
          'Spillway, the chain': chainOf(writer),
          'a plain loop': plainBatch,
        }),
      }
    },
  },
  {
    ...shared,
    name: 'A batch of 1,000, record by record',
    about: `${what} The plain loop awaits the handler of one record after the other. Powertools runs in parallel, as is its default; its \`parser\` gets the same schema.`,
    operations: 10,
    rounds: 21,
    packages: [...shared.packages, '@aws-lambda-powertools/batch', '@aws-lambda-powertools/parser'],
    async start() {
      return {
        contestants: contestants({
          'Spillway, the core': coreOf(each),
          'Spillway, the chain': chainOf(each),
          'a plain loop': plainRecords,
          "middy's settled results": middySettled,
          'Powertools batch': powertoolsWithoutParser,
          'Powertools batch + parser': powertools,
        }),
      }
    },
  },
)
