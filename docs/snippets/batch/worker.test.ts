import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { invoke } from '@spillway/batch/testing'
import { done } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { sqsEvent } from '@spillway/sqs/testing'
import { expect, it } from 'vitest'
import { order } from './message.ts'

const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/orders'
const placed = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 1250 }
const client = { send: () => Promise.reject(new Error('nothing is to be sent')) }

const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(sqsSource({ queueUrl, deadLetterQueueUrl: `${queueUrl}-dlq`, client }))
  .handler(
    batch(
      order,
      eachRecord(() => done()),
    ),
  )

it('bills each order once', async () => {
  const event = await sqsEvent(order, [placed], { queue: 'orders' })
  expect(await invoke(handler, event)).toStrictEqual({ batchItemFailures: [] })
})
