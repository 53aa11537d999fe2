import {
  CancelMessageMoveTaskCommand,
  DeleteQueueCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type QueueEngine, startQueues } from '../index.ts'

// The errors have the names and messages of AWS.

let engine: QueueEngine
let sqs: SQSClient

const source = (name: string, deadLetterQueue: string) => ({
  name,
  visibilityTimeout: 0,
  deadLetterQueue,
  maxReceiveCount: 1,
})
const plain = (name: string) => ({
  name,
  visibilityTimeout: 30,
  deadLetterQueue: undefined,
  maxReceiveCount: 0,
})

beforeEach(async () => {
  engine = await startQueues({
    queues: [
      source('orders', 'dead'),
      source('returns', 'dead'),
      source('ledger.fifo', 'dead.fifo'),
      plain('other'),
      plain('other.fifo'),
    ],
  })
  sqs = new SQSClient({
    endpoint: engine.endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
})
afterEach(async () => {
  sqs.destroy()
  await engine.stop()
})

const arn = (name: string) => engine.queueArn(name)
const unknownArn = 'arn:aws:sqs:us-east-1:000000000000:unknown'

async function send(name: string, MessageBody: string, more: Partial<SendMessageCommandInput> = {}) {
  const QueueUrl = engine.queueUrl(name)
  const { MessageId } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }))
  return MessageId
}

async function receive(name: string, VisibilityTimeout?: number): Promise<readonly Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: engine.queueUrl(name),
      MaxNumberOfMessages: 10,
      VisibilityTimeout,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  )
  return Messages
}

/** Lets SQS itself move all messages of a queue to its dead-letter queue. */
async function deadLetter(name: string): Promise<void> {
  await receive(name)
  expect(await receive(name)).toStrictEqual([])
}

async function start(
  SourceArn: string,
  more: { DestinationArn?: string; MaxNumberOfMessagesPerSecond?: number } = {},
) {
  const { TaskHandle = '' } = await sqs.send(new StartMessageMoveTaskCommand({ SourceArn, ...more }))
  return TaskHandle
}

async function list(
  SourceArn: string,
  MaxResults?: number,
): Promise<readonly ListMessageMoveTasksResultEntry[]> {
  const { Results = [] } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults }))
  return Results
}

/** Waits for the end of the newest task of a queue, and returns it. */
async function ended(SourceArn: string): Promise<ListMessageMoveTasksResultEntry | undefined> {
  return vi.waitFor(
    async () => {
      const [task] = await list(SourceArn)
      expect(task?.Status).not.toMatch(/^(RUNNING|CANCELLING)$/)
      return task
    },
    { timeout: 10_000, interval: 10 },
  )
}

describe('a move task', () => {
  it('moves each dead-lettered message back to its source queue, as a new message with the same content', async () => {
    const attributes = {
      kind: { DataType: 'String', StringValue: 'x' },
      picture: { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 255]) },
    }
    const trace = {
      AWSTraceHeader: {
        DataType: 'String' as const,
        StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793',
      },
    }
    const id = await send('orders', 'an order 🚀', {
      MessageAttributes: attributes,
      MessageSystemAttributes: trace,
      MessageGroupId: 'tenant',
    })
    await send('returns', 'a return')
    await deadLetter('orders')
    await deadLetter('returns')
    const buried = await receive('dead', 0)
    expect(
      new Map(buried.map(({ Body, Attributes }) => [Body, Attributes?.DeadLetterQueueSourceArn])),
    ).toStrictEqual(
      new Map([
        ['an order 🚀', arn('orders')],
        ['a return', arn('returns')],
      ]),
    )

    const handle = await start(arn('dead'))
    expect(JSON.parse(Buffer.from(handle, 'base64').toString())).toStrictEqual({
      taskId: expect.any(String),
      sourceArn: arn('dead'),
    })
    const task = await ended(arn('dead'))
    expect(task).toStrictEqual({
      ApproximateNumberOfMessagesMoved: 2,
      ApproximateNumberOfMessagesToMove: 2,
      SourceArn: arn('dead'),
      StartedTimestamp: expect.any(Number),
      Status: 'COMPLETED',
    })
    expect(Math.abs(Number(task?.StartedTimestamp) - Date.now())).toBeLessThan(60_000)
    expect(await engine.messages('dead')).toStrictEqual([])
    expect(await receive('returns')).toMatchObject([{ Body: 'a return' }])
    const [order] = await receive('orders')
    expect(order).toMatchObject({
      Body: 'an order 🚀',
      MessageAttributes: attributes,
      Attributes: {
        ApproximateReceiveCount: '1',
        MessageGroupId: 'tenant',
        AWSTraceHeader: trace.AWSTraceHeader.StringValue,
      },
    })
    expect(order?.Attributes).not.toHaveProperty('DeadLetterQueueSourceArn')
    expect(order?.MessageId).not.toBe(id)
  })

  it('moves messages to the given queue at the given rate', async () => {
    for (let n = 0; n < 12; n++) await send('dead', `text ${n}`)
    await start(arn('dead'), { DestinationArn: arn('other'), MaxNumberOfMessagesPerSecond: 500 })
    expect(await ended(arn('dead'))).toStrictEqual({
      ApproximateNumberOfMessagesMoved: 12,
      ApproximateNumberOfMessagesToMove: 12,
      DestinationArn: arn('other'),
      MaxNumberOfMessagesPerSecond: 500,
      SourceArn: arn('dead'),
      StartedTimestamp: expect.any(Number),
      Status: 'COMPLETED',
    })
    expect(new Set((await engine.messages('other')).map(({ body }) => body)).size).toBe(12)
    expect(await engine.depth('dead')).toStrictEqual({ visible: 0, inFlight: 0, delayed: 0 })
  })

  it('moves no faster than its rate', async () => {
    for (let n = 0; n < 4; n++) await send('dead', `text ${n}`)
    const startedAt = performance.now()
    await start(arn('dead'), { DestinationArn: arn('other'), MaxNumberOfMessagesPerSecond: 20 })
    await ended(arn('dead'))
    // Two messages, a tenth of a second, two messages.
    expect(performance.now() - startedAt).toBeGreaterThan(99)
  })

  it('keeps groups of a FIFO queue in order', async () => {
    const bodies = Array.from({ length: 12 }, (_, n) => `${'ab'[n % 2]}${n}`)
    for (const body of bodies)
      await send('ledger.fifo', body, { MessageGroupId: body.slice(0, 1), MessageDeduplicationId: body })
    // A receive returns ten, and the next one dead-letters them.
    for (let n = 0; n < 4; n++) await receive('ledger.fifo')
    expect(await engine.depth('dead.fifo')).toMatchObject({ visible: 12 })
    await start(arn('dead.fifo'))
    expect(await ended(arn('dead.fifo'))).toMatchObject({
      Status: 'COMPLETED',
      ApproximateNumberOfMessagesMoved: 12,
    })
    const moved = (await engine.messages('ledger.fifo')).map(({ body }) => body)
    expect(Map.groupBy(moved, (body) => body[0])).toStrictEqual(Map.groupBy(bodies, (body) => body[0]))
    expect(await engine.messages('dead.fifo')).toStrictEqual([])
  })

  it('fails on a message that was sent to the dead-letter queue directly, unless a destination is given', async () => {
    await send('dead', 'sent here')
    await start(arn('dead'))
    expect(await ended(arn('dead'))).toMatchObject({
      Status: 'FAILED',
      FailureReason: 'CouldNotDetermineMessageSource',
      ApproximateNumberOfMessagesMoved: 0,
      ApproximateNumberOfMessagesToMove: 1,
    })
    expect(await engine.depth('dead')).toStrictEqual({ visible: 1, inFlight: 0, delayed: 0 })
  })

  it('fails when its destination is deleted, and keeps the remaining messages', async () => {
    for (let n = 0; n < 10; n++) await send('dead', `text ${n}`)
    await start(arn('dead'), { DestinationArn: arn('other'), MaxNumberOfMessagesPerSecond: 10 })
    await sqs.send(new DeleteQueueCommand({ QueueUrl: engine.queueUrl('other') }))
    const task = await ended(arn('dead'))
    expect(task).toMatchObject({ Status: 'FAILED', FailureReason: 'AWS.SimpleQueueService.NonExistentQueue' })
    const moved = Number(task?.ApproximateNumberOfMessagesMoved)
    expect(moved).toBeLessThan(10)
    expect(await engine.depth('dead')).toStrictEqual({ visible: 10 - moved, inFlight: 0, delayed: 0 })
  })

  it('can be cancelled, and the next task continues', async () => {
    for (let n = 0; n < 10; n++) await send('dead', `text ${n}`)
    const handle = await start(arn('dead'), { DestinationArn: arn('other'), MaxNumberOfMessagesPerSecond: 1 })
    expect(await list(arn('dead'))).toStrictEqual([
      {
        ApproximateNumberOfMessagesMoved: expect.any(Number),
        ApproximateNumberOfMessagesToMove: 10,
        DestinationArn: arn('other'),
        MaxNumberOfMessagesPerSecond: 1,
        SourceArn: arn('dead'),
        StartedTimestamp: expect.any(Number),
        Status: 'RUNNING',
        TaskHandle: handle,
      },
    ])
    const cancelled = await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle: handle }))
    expect(cancelled.ApproximateNumberOfMessagesMoved).toBeLessThan(10)
    const task = await ended(arn('dead'))
    expect(task).toMatchObject({ Status: 'CANCELLED' })
    expect(task).not.toHaveProperty('TaskHandle')
    const moved = Number(task?.ApproximateNumberOfMessagesMoved)
    expect(await engine.depth('dead')).toStrictEqual({ visible: 10 - moved, inFlight: 0, delayed: 0 })

    await start(arn('dead'), { DestinationArn: arn('other') })
    expect(await ended(arn('dead'))).toMatchObject({ Status: 'COMPLETED' })
    expect(await engine.depth('other')).toMatchObject({ visible: 10 })
    expect((await list(arn('dead'), 10)).map(({ Status }) => Status)).toStrictEqual([
      'COMPLETED',
      'CANCELLED',
    ])
    expect(await list(arn('dead'))).toHaveLength(1)
  })

  it('ends when its engine stops', async () => {
    for (let n = 0; n < 3; n++) await send('dead', `text ${n}`)
    await start(arn('dead'), { DestinationArn: arn('other'), MaxNumberOfMessagesPerSecond: 1 })
    const stoppedAt = performance.now()
    await engine.stop()
    expect(performance.now() - stoppedAt).toBeLessThan(1000)
    engine = await startQueues({ queues: [] })
  })
})

describe('a request for a move task', () => {
  it.each([
    [{}, 'MissingParameter', 'The request must contain the parameter SourceArn.', 400],
    [
      { SourceArn: '' },
      'InvalidParameterValue',
      /^You must use this format to specify the SourceArn: arn:/,
      400,
    ],
    [
      { SourceArn: unknownArn },
      'ResourceNotFoundException',
      "The resource that you specified for the SourceArn parameter doesn't exist.",
      404,
    ],
    [
      { SourceArn: 'other' },
      'InvalidParameterValue',
      'Source queue must be configured as a Dead Letter Queue.',
      400,
    ],
    [
      { SourceArn: 'dead', DestinationArn: unknownArn },
      'ResourceNotFoundException',
      "The resource that you specified for the DestinationArn parameter doesn't exist.",
      404,
    ],
    [
      { SourceArn: 'dead', DestinationArn: 'dead' },
      'InvalidParameterValue',
      'Source queue arn and destination queue arn cannot be the same.',
      400,
    ],
    [
      { SourceArn: 'dead', DestinationArn: 'other.fifo' },
      'InvalidParameterValue',
      'The source queue and destination queue must be of the same queue type.',
      400,
    ],
    [
      { SourceArn: 'dead', MaxNumberOfMessagesPerSecond: 501 },
      'InvalidParameterValue',
      "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's between 1 and 500.",
      400,
    ],
  ])('with %j is rejected with %s', async (input, name, message, status) => {
    const full = Object.fromEntries(
      Object.entries(input).map(([key, value]) => [
        key,
        typeof value === 'string' && /^[a-z]/.test(value) && !value.startsWith('arn:') ? arn(value) : value,
      ]),
    ) as { SourceArn: string }
    await expect(sqs.send(new StartMessageMoveTaskCommand(full))).rejects.toMatchObject({
      name,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      $metadata: { httpStatusCode: status },
    })
  })

  it('is rejected while another task of the queue runs', async () => {
    for (let n = 0; n < 3; n++) await send('dead', `text ${n}`)
    const limits = { DestinationArn: arn('other'), MaxNumberOfMessagesPerSecond: 1 }
    const starts = await Promise.allSettled([start(arn('dead'), limits), start(arn('dead'), limits)])
    expect(starts.map(({ status }) => status).toSorted()).toStrictEqual(['fulfilled', 'rejected'])
    await expect(start(arn('dead'))).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message:
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    })
  })

  it.each([
    ['foobared', 'InvalidParameterValue', 'Value for parameter TaskHandle is invalid.', 400],
    [
      { taskId: 'x', sourceArn: unknownArn },
      'ResourceNotFoundException',
      "The resource that you specified for the SourceArn parameter doesn't exist.",
      404,
    ],
    [{ taskId: 'x', sourceArn: 'dead' }, 'ResourceNotFoundException', 'Task does not exist.', 404],
  ])('to cancel %j is rejected with %s', async (handle, name, message, status) => {
    const document =
      typeof handle === 'object' && handle.sourceArn === 'dead'
        ? { ...handle, sourceArn: arn('dead') }
        : handle
    const TaskHandle =
      typeof document === 'string' ? document : Buffer.from(JSON.stringify(document)).toString('base64')
    await expect(sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }))).rejects.toMatchObject({
      name,
      message,
      $metadata: { httpStatusCode: status },
    })
  })

  it('to cancel a task that has ended, or to list none or too many, is rejected', async () => {
    const handle = await start(arn('dead'))
    await ended(arn('dead'))
    await expect(sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle: handle }))).rejects.toMatchObject({
      name: 'UnsupportedOperation',
    })
    await expect(list(unknownArn)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    for (const most of [0, 11, 1.5])
      await expect(list(arn('dead'), most)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
    expect(await list(arn('dead.fifo'))).toStrictEqual([])
  })
})
