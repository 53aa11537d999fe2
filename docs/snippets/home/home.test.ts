import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { invoke as deliver } from '@spillway/batch/testing'
import { httpApiEvent, invoke } from '@spillway/ingest/testing'
import { startPostgres, startQueues } from '@spillway/local/testing'
import { decodeMessage } from '@spillway/message'
import { sqsEvent } from '@spillway/sqs/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import { order } from './message.ts'

const body = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 1250 }

it('takes an order from HTTP into the queue, and writes it once however often it is delivered', async () => {
  const queues = await startQueues({
    queues: [{ name: 'orders', visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }],
  })
  const postgres = await startPostgres({ migrations: new URL('./migrations', import.meta.url).pathname })
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_SQS: queues.endpoint,
    AWS_REGION: queues.region,
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'y',
    QUEUE_URL: queues.queueUrl('orders'),
    DEAD_LETTER_QUEUE_URL: `${queues.queueUrl('orders')}-dlq`,
    DATABASE_URL: postgres.functionsUrl,
  }))
    vi.stubEnv(name, value)
  const client = new SQSClient()
  const { db } = await import('./database.ts')
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    client.destroy()
    await db.destroy()
    await postgres.stop()
    await queues.stop()
  })

  const accept = await import('./accept.ts')
  expect((await invoke(accept.handler, httpApiEvent({ body }))).status).toBe(202)
  expect((await invoke(accept.handler, httpApiEvent({ body: { ...body, cents: 'a' } }))).status).toBe(422)
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queues.queueUrl('orders'), MaxNumberOfMessages: 10 }),
  )
  expect(Messages.length).toBe(1)
  const decoded = await decodeMessage(order, Messages[0]?.Body ?? '')
  expect(decoded).toMatchObject({ ok: true, message: { key: body.id, body } })

  const write = await import('./write.ts')
  const event = await sqsEvent(order, [body, body], { queue: 'orders' })
  expect(await deliver(write.handler, event)).toEqual({ batchItemFailures: [] })
  expect(await db.selectFrom('orders').selectAll().execute()).toEqual([body])
})
