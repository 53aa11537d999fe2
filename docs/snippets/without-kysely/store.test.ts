import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateTableCommand, DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { invoke } from '@spillway/batch/testing'
import { done } from '@spillway/message'
import { recordOf } from '@spillway/message/testing'
import { sqsEvent } from '@spillway/sqs/testing'
import dynalite from 'dynalite'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { order } from './message.ts'

// The SDK's own client, and dynalite: DynamoDB's protocol on this machine, without transactions.

const a = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 1250 }
const b = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a11', customer: 'alan', cents: 300 }
const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/orders'

let server: Server
let client: DynamoDBClient
beforeAll(async () => {
  server = dynalite({ createTableMs: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    ORDERS_TABLE: 'orders',
    QUEUE_URL: queueUrl,
    DEAD_LETTER_QUEUE_URL: `${queueUrl}-dlq`,
  }))
    vi.stubEnv(name, value)
  client = new DynamoDBClient({})
  await client.send(
    new CreateTableCommand({
      TableName: 'orders',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  )
})
beforeEach(() => void vi.restoreAllMocks())
afterAll(() => {
  client.destroy()
  server.close()
  vi.unstubAllEnvs()
})

it('stores each order once, however often it is delivered', async () => {
  const { handler } = await import('./store.ts')
  const time = new Date('2026-01-02T03:04:05.678Z')
  const first = await sqsEvent(order, [a, b], { queue: 'orders', time })
  const again = await sqsEvent(order, [{ ...a, cents: 1 }], { queue: 'orders' })
  for (const event of [first, first, again])
    expect(await invoke(handler, event)).toStrictEqual({ batchItemFailures: [] })
  const { Items } = await DynamoDBDocumentClient.from(client).send(new ScanCommand({ TableName: 'orders' }))
  const placedAt = time.toISOString()
  expect(Items?.sort((one, other) => other.cents - one.cents)).toStrictEqual([
    { pk: a.id, customer: 'ada', cents: 1250, placedAt },
    { pk: b.id, customer: 'alan', cents: 300, placedAt },
  ])
})

const canceled = (...codes: readonly string[]) =>
  new TransactionCanceledException({
    $metadata: {},
    message: 'canceled',
    CancellationReasons: codes.map((Code) => ({ Code })),
  })

it('takes a transaction for applied where the key was there, and for nothing else', async () => {
  const { addToTotal } = await import('./add-to-total.ts')
  const record = await recordOf(order, a)
  const limit = { signal: new AbortController().signal, remainingTime: () => 1_000 }
  const send = vi.spyOn(DynamoDBDocumentClient.prototype, 'send')

  send.mockRejectedValueOnce(canceled('ConditionalCheckFailed', 'None') as never)
  expect(await addToTotal(record, limit)).toStrictEqual(done())
  const conflict = canceled('None', 'TransactionConflict')
  send.mockRejectedValueOnce(conflict as never)
  await expect(addToTotal(record, limit)).rejects.toBe(conflict)
})
