import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { expect, it } from 'vitest'
import { sqsSource } from './index.ts'

const send = () => Promise.reject(new Error('nothing is to be sent'))

/** Gives the source of a URL records of queues. */
function deliver(queueUrl: string, ...arns: readonly string[]): Promise<unknown> {
  const handler = middy()
    .use(sqsSource({ queueUrl, deadLetterQueueUrl: `${queueUrl}-dlq`, client: { send } }))
    .handler(async ({ source }) => source?.records.length)
  const Records = arns.map((eventSourceARN, n) => ({
    messageId: `m${n}`,
    receiptHandle: `r${n}`,
    body: '{}',
    attributes: { ApproximateReceiveCount: '1' },
    eventSourceARN,
  }))
  return handler({ Records } as never, {} as Context)
}

const orders = 'arn:aws:sqs:eu-west-1:123456789012:orders'
const fifo = 'arn:aws:sqs:eu-west-1:123456789012:orders.fifo'
const local = 'arn:aws:sqs:us-east-1:000000000000:orders'

it.each([
  ['https://sqs.eu-west-1.amazonaws.com/123456789012/orders', orders],
  ['https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo', fifo],
  [
    'https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/orders',
    orders.replace('eu-west-1', 'us-gov-west-1'),
  ],
  [
    'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/orders',
    'arn:aws-cn:sqs:cn-north-1:123456789012:orders',
  ],
  ['https://sqs.eu-west-1.api.aws/123456789012/orders', orders],
  ['https://vpce-0a1b-2c3d.sqs.eu-west-1.vpce.amazonaws.com/123456789012/orders', orders],
  ['https://vpce-0a1b-2c3d-eu-west-1a.sqs.eu-west-1.vpce.amazonaws.com/123456789012/orders', orders],
  // Legacy endpoints: the oldest does not name its region.
  ['https://eu-west-1.queue.amazonaws.com/123456789012/orders', orders],
  ['https://queue.amazonaws.com/123456789012/orders', orders],
  ['http://127.0.0.1:4101/000000000000/orders', local],
  ['http://[::1]:4101/000000000000/orders/', local],
  ['http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/orders', local],
  ['http://localhost:4566/queue/us-east-1/000000000000/orders', local],
  // moto, and an event of another account that was written by hand for a local queue.
  ['http://localhost:5000/123456789012/orders', orders],
  ['http://127.0.0.1:4101/000000000000/orders', orders],
])('takes the records of its own queue: %s, %s', async (url, arn) => {
  expect(await deliver(url, arn, arn)).toBe(2)
})

it.each([
  [
    'another name',
    'https://sqs.eu-west-1.amazonaws.com/123456789012/orders',
    orders.replace('orders', 'orders-v2'),
  ],
  ['another name', 'https://sqs.eu-west-1.amazonaws.com/123456789012/my-orders', orders],
  ['a FIFO queue', 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders', fifo],
  ['no FIFO queue', 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo', orders],
  ['another case', 'https://sqs.eu-west-1.amazonaws.com/123456789012/Orders', orders],
  ['another account', 'https://sqs.eu-west-1.amazonaws.com/999999999999/orders', orders],
  ['another region', 'https://sqs.eu-west-2.amazonaws.com/123456789012/orders', orders],
  ['another region', 'https://eu-west-2.queue.amazonaws.com/123456789012/orders', orders],
  ['another region', 'https://vpce-0a1b.sqs.eu-west-2.vpce.amazonaws.com/123456789012/orders', orders],
  ['another name', 'http://127.0.0.1:4101/000000000000/orders', local.replace('orders', 'invoices')],
  ['another name', 'http://127.0.0.1:4101/000000000000/orders', orders.replace('orders', 'invoices')],
])('refuses records of a queue with %s: %s, %s', async (_, url, arn) => {
  await expect(deliver(url, arn)).rejects.toMatchObject({
    code: 'SPILLWAY_SOURCE_MISSING',
    message: expect.stringContaining(
      `sqsSource reads ${url}, but got a record of ${arn}. \`queueUrl\` must be the queue of the event source mapping. `,
    ),
  })
})

it('says what a function of two queues needs, and what a test does', async () => {
  const url = 'http://127.0.0.1:4101/000000000000/orders'
  const other = 'arn:aws:sqs:us-east-1:123456789012:invoices'
  await expect(deliver(url, other)).rejects.toThrow('A function that reads two queues needs two chains.')
  await expect(deliver(url, 'arn:aws:sqs:us-east-1:000000000000:test')).rejects.toThrow(
    'In a test, give sqsEvent() the option `queue`.',
  )
})

it('refuses a batch of which one record is of another queue', async () => {
  const url = 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders'
  const other = orders.replace('orders', 'invoices')
  await expect(deliver(url, orders, other)).rejects.toThrow(other)
  await expect(deliver(url, other, orders)).rejects.toThrow(other)
})

it.each([
  // The URL of a proxy or a test, which does not say which queue it is of.
  ['https://queues.example.com/orders', orders],
  ['https://sqs/1/orders', orders],
  ['https://queues.example.com/v1/123456789012/orders/messages', orders],
  // Events of sqsEvent, for a function that is configured as it is deployed.
  ['https://sqs.eu-west-1.amazonaws.com/123456789012/orders', 'arn:aws:sqs:us-east-1:000000000000:test'],
  // An ARN that is none.
  ['https://sqs.eu-west-1.amazonaws.com/123456789012/orders', 'orders'],
])('refuses nothing that cannot be compared: %s, %s', async (url, arn) => {
  expect(await deliver(url, arn)).toBe(1)
})
