import { type SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import type { EncodedMessage } from '@spillway/message'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { coalesce } from './coalesce.ts'
import { sqsTarget } from './index.ts'
import { maxBytes } from './pack.ts'
import { ample, clientOf, entriesOf, faulty } from './testing/sqs.ts'

type Command = Parameters<typeof entriesOf>[0]

let queues: QueueEngine
let client: SQSClient
let name = ''
let counter = 0
const names = Array.from({ length: 50 }, (_, index) => `q${index}`)
const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }

beforeAll(async () => {
  queues = await startQueues({
    queues: [...names, 'alone.fifo', 'ordered.fifo', 'kept.fifo', 'stopped.fifo', 'shared.fifo'].map(
      (name) => ({
        name,
        ...spec,
      }),
    ),
  })
  client = clientOf(queues)
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})
beforeEach(() => {
  name = names[counter++] ?? ''
})

function messages(count: number, body = (index: number) => `{"n":${index}}`): EncodedMessage[] {
  return Array.from({ length: count }, (_, index) => ({ key: `k${index}`, body: body(index) }))
}

const clock = { now: () => 0, sleep: async () => undefined }
const bodies = async () => (await queues.messages(name)).map(({ body }) => body)
const target = (options: object = {}) =>
  sqsTarget({ queueUrl: queues.queueUrl(name), client, clock, ...options })

describe('sending', () => {
  it('confirms each message that is in the queue, in as few requests as SQS allows', async () => {
    const counting = faulty(client)
    const all = messages(95)
    const results = await target({ client: counting }).send(all, ample())
    expect(results).toStrictEqual(all.map(() => ({ status: 'accepted' })))
    expect((await bodies()).sort()).toStrictEqual(all.map(({ body }) => body).sort())
    expect(counting.calls).toHaveLength(10)
  })

  it('packs by bytes as well', async () => {
    const counting = faulty(client)
    const results = await target({ client: counting }).send(
      messages(4, () => 'x'.repeat(400_000)),
      ample(),
    )
    expect(results.map(({ status }) => status)).toStrictEqual([
      'accepted',
      'accepted',
      'accepted',
      'accepted',
    ])
    expect(counting.calls).toHaveLength(2)
  })

  it('refuses a message that no queue can hold, and sends the others', async () => {
    const results = await target().send(
      messages(3, (index) => 'x'.repeat(index === 1 ? maxBytes + 1 : maxBytes)),
      ample(),
    )
    expect(results).toMatchObject([
      { status: 'accepted' },
      { status: 'rejected', code: 'SPILLWAY_BODY_TOO_LARGE', retryable: false },
      { status: 'accepted' },
    ])
  })

  it('sends nothing for nothing', async () => {
    expect(await target().send([], ample())).toStrictEqual([])
  })
})

describe('one message by itself', () => {
  const alone = async (message: EncodedMessage, answer?: object, queueUrl = queues.queueUrl(name)) => {
    const counting = faulty(client, (_, forward) =>
      answer === undefined ? forward() : Promise.resolve(answer),
    )
    const options = { queueUrl, client: counting, clock, maxAttempts: 1 }
    const results = await sqsTarget(options).send([message], ample())
    return { results, request: counting.calls[0] as Command }
  }

  it('is no batch of one', async () => {
    const attributes = { kind: 'express' }
    const { results, request } = await alone({ key: 'k', body: '1', delay: 0, attributes })
    expect(results).toStrictEqual([{ status: 'accepted' }])
    expect(request).toBeInstanceOf(SendMessageCommand)
    expect(request.input).toStrictEqual({
      QueueUrl: queues.queueUrl(name),
      MessageBody: '1',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'express' } },
      DelaySeconds: 0,
    })
    expect(await bodies()).toStrictEqual(['1'])
  })

  it('has its group and its deduplication id on a FIFO queue', async () => {
    const queueUrl = queues.queueUrl('alone.fifo')
    for (const attempt of [1, 2]) {
      const { results, request } = await alone({ key: 'k', group: 'g', body: '1' }, undefined, queueUrl)
      expect([attempt, results]).toStrictEqual([attempt, [{ status: 'accepted' }]])
      expect(request.input).toMatchObject({
        MessageGroupId: 'g',
        MessageDeduplicationId: expect.stringMatching(/^[0-9a-f]{64}$/),
      })
    }
    expect(await queues.messages('alone.fifo')).toHaveLength(1)
  })

  it.each([
    ['that of a batch', { Successful: [{ Id: '0', MessageId: 'm' }] }],
    ['null', { MessageId: null }],
    ['empty', { MessageId: '' }],
    ['a number', { MessageId: 5 }],
  ])('is not confirmed by an answer without its id: %s', async (_, answer) => {
    const { results } = await alone({ key: 'k', body: '1' }, answer)
    expect(results).toMatchObject([{ status: 'rejected', code: 'SPILLWAY_SEND_FAILED', retryable: true }])
  })

  it('that no queue can hold is not sent', async () => {
    const { results, request } = await alone({ key: 'k', body: 'x'.repeat(maxBytes + 1) })
    expect(results).toMatchObject([{ status: 'rejected', code: 'SPILLWAY_BODY_TOO_LARGE', retryable: false }])
    expect(request).toBeUndefined()
  })
})

describe('faults', () => {
  it('sends again only what SQS did not take', async () => {
    const flaky = faulty(client, async (command) => {
      const { Entries = [] } = (command as SendMessageBatchCommand).input
      return {
        Successful: Entries.filter((_, index) => index !== 3).map(({ Id }) => ({ Id, MessageId: 'm' })),
        Failed: [{ Id: '3', Code: 'InternalError', SenderFault: false }],
      }
    })
    const results = await target({ client: flaky }).send(messages(10), ample())
    expect(results.map(({ status }) => status)).toStrictEqual(new Array(10).fill('accepted'))
    expect(flaky.calls.map((command) => entriesOf(command).length)).toStrictEqual([10, 1])
    expect(entriesOf(flaky.calls[1] as Command)).toMatchObject([{ MessageBody: '{"n":3}' }])
  })

  it('does not send again what can never be taken', async () => {
    const refusing = faulty(client, async () => ({
      Successful: [{ Id: '0', MessageId: 'm' }],
      Failed: [{ Id: '1', Code: 'InvalidMessageContents', SenderFault: true }],
    }))
    const results = await target({ client: refusing }).send(messages(2), ample())
    expect(results).toMatchObject([
      { status: 'accepted' },
      { status: 'rejected', code: 'InvalidMessageContents', retryable: false },
    ])
    expect(refusing.calls).toHaveLength(1)
  })

  it('does not take silence for a confirmation', async () => {
    const silent = faulty(
      client,
      ...new Array(4).fill(async () => ({ Successful: [{ Id: '0', MessageId: 'm' }] })),
    )
    const results = await target({ client: silent }).send(messages(2), ample())
    expect(results).toMatchObject([
      { status: 'accepted' },
      { status: 'rejected', code: 'SPILLWAY_SEND_FAILED' },
    ])
    expect(silent.calls).toHaveLength(4)
  })

  it('does not take an answer without a message id for a confirmation', async () => {
    const odd = faulty(client, async () => ({ Successful: [{ Id: '0' }] }))
    const [result] = await target({ client: odd, maxAttempts: 1 }).send(messages(1), ample())
    expect(result).toMatchObject({ status: 'rejected' })
  })

  it('survives an answer that is lost after the message was stored', async () => {
    const losing = faulty(client, async (_, forward) => {
      await forward()
      throw Object.assign(new Error('socket hang up'), { name: 'ECONNRESET' })
    })
    const results = await target({ client: losing }).send(messages(1), ample())
    expect(results).toStrictEqual([{ status: 'accepted' }])
    // Twice in the queue, under one key: the writer makes one effect of it.
    expect(await bodies()).toStrictEqual(['{"n":0}', '{"n":0}'])
  })

  it('gives up after its attempts', async () => {
    const down = faulty(
      client,
      ...new Array(9).fill(async () => {
        throw Object.assign(new Error('no'), { name: 'ServiceUnavailable' })
      }),
    )
    const results = await target({ client: down, maxAttempts: 3 }).send(messages(1), ample())
    expect(results).toMatchObject([{ status: 'rejected', code: 'ServiceUnavailable', retryable: true }])
    expect(down.calls).toHaveLength(3)
  })

  it('does not repeat what a permission forbids', async () => {
    const denied = faulty(client, async () => {
      throw Object.assign(new Error('no'), { name: 'AccessDenied', $fault: 'client' })
    })
    const results = await target({ client: denied }).send(messages(1), ample())
    expect(results).toMatchObject([{ status: 'rejected', code: 'AccessDenied', retryable: false }])
    expect(denied.calls).toHaveLength(1)
  })

  it('finds the entry for which SQS refuses a whole request, and sends the others', async () => {
    const wrong = Object.assign(new Error('no'), { name: 'BatchRequestTooLong', $fault: 'client' })
    const strict = faulty(
      client,
      ...new Array(20).fill(async (command: Command, forward: () => Promise<unknown>) => {
        if (entriesOf(command).some(({ MessageBody }) => MessageBody === '{"n":6}')) throw wrong
        return forward()
      }),
    )
    const results = await target({ client: strict }).send(messages(10), ample())
    expect(results.map(({ status }) => status)).toStrictEqual(
      messages(10).map((_, index) => (index === 6 ? 'rejected' : 'accepted')),
    )
    expect(results[6]).toMatchObject({ code: 'BatchRequestTooLong', retryable: false })
    expect(await bodies()).toHaveLength(9)
  })

  it('sends nothing when no time is left, and says so', async () => {
    const counting = faulty(client)
    const late = { signal: new AbortController().signal, remainingTime: () => 100 }
    const results = await target({ client: counting }).send(messages(1), late)
    expect(results).toMatchObject([{ status: 'rejected', retryable: true }])
    expect(counting.calls).toHaveLength(0)
  })

  it('takes a time that is no whole number of milliseconds', async () => {
    const odd = { signal: new AbortController().signal, remainingTime: () => 2999.5 }
    expect(await target().send(messages(1), odd)).toStrictEqual([{ status: 'accepted' }])
  })

  it('answers for a queue that does not exist', async () => {
    const results = await sqsTarget({
      queueUrl: queues.queueUrl('q0').replace('q0', 'nowhere'),
      client,
    }).send(messages(1), ample())
    expect(results).toMatchObject([{ status: 'rejected', code: 'QueueDoesNotExist', retryable: false }])
  })

  it('answers when nothing listens', async () => {
    const dead = clientOf({ ...queues, endpoint: 'http://127.0.0.1:9' })
    const results = await target({ client: dead, queueUrl: 'http://127.0.0.1:9/000000000000/q' }).send(
      messages(1),
      ample(),
    )
    expect(results).toMatchObject([{ status: 'rejected', retryable: true }])
    dead.destroy()
  })
})

describe('a queue that is asked too often', () => {
  const throttled = async () => {
    throw Object.assign(new Error('no'), { name: 'RequestThrottled', $fault: 'client' })
  }
  const unavailable = async () => {
    throw Object.assign(new Error('no'), { name: 'ServiceUnavailable' })
  }

  async function waits(count: number, ...faults: Parameters<typeof faulty>[1][]): Promise<number[]> {
    const slept: number[] = []
    const slow = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) }
    const flaky = faulty(client, ...faults)
    const options = { client: flaky, clock: slow, random: () => 0.5 }
    const all = messages(count)
    expect(await target(options).send(all, ample())).toStrictEqual(all.map(() => ({ status: 'accepted' })))
    return slept
  }

  it('gets more time than one that is away', async () => {
    for (const count of [1, 2]) {
      expect(await waits(count, unavailable, unavailable)).toStrictEqual([25, 50])
      expect(await waits(count, throttled, throttled)).toStrictEqual([200, 400])
    }
  })

  it('gets it for one entry, too, whoever is to blame', async () => {
    const one = async () => ({
      Successful: [{ Id: '1', MessageId: 'm' }],
      Failed: [{ Id: '0', Code: 'RequestThrottled', SenderFault: true }],
    })
    expect(await waits(2, one)).toStrictEqual([200])
  })
})

describe('telemetry', () => {
  it('counts requests and what is sent again, and times each request', async () => {
    const numbers: unknown[][] = []
    let now = 0
    const telemetry = {
      count: (...all: unknown[]) => void numbers.push(all),
      duration: (...all: unknown[]) => void numbers.push(all),
    }
    const flaky = faulty(client, async (command) => {
      now += 7
      const [first] = (command as SendMessageBatchCommand).input.Entries ?? []
      return { Successful: [{ Id: first?.Id, MessageId: 'm' }] }
    })
    const ticking = { ...clock, now: () => now }
    await target({ client: flaky, clock: ticking, telemetry }).send(messages(3), ample())
    const attributes = { target: 'sqs' }
    expect(numbers).toStrictEqual([
      ['spillway.send.requests', 1, attributes],
      ['spillway.send.duration', 7, attributes],
      ['spillway.send.retried', 2, attributes],
      ['spillway.send.requests', 1, attributes],
      ['spillway.send.duration', 0, attributes],
    ])
  })

  it('costs no message when it throws', async () => {
    const broken = () => {
      throw new Error('no')
    }
    const results = await target({ telemetry: { count: broken, duration: broken } }).send(
      messages(1),
      ample(),
    )
    expect(results).toStrictEqual([{ status: 'accepted' }])
  })
})

describe('coalesce', () => {
  it('shares requests among calls that run at the same time', async () => {
    const counting = faulty(client)
    const shared = target({ client: counting, coalesce: coalesce({ when: 'always', maxWait: 1 }) })
    const results = await Promise.all(messages(20).map((message) => shared.send([message], ample())))
    expect(results.flat()).toStrictEqual(new Array(20).fill({ status: 'accepted' }))
    expect((await bodies()).sort()).toStrictEqual(
      messages(20)
        .map(({ body }) => body)
        .sort(),
    )
    expect(counting.calls).toHaveLength(2)
  })

  it('leaves a call of ten and more by itself', async () => {
    const counting = faulty(client)
    const shared = target({ client: counting, coalesce: coalesce({ when: 'always' }) })
    await Promise.all([shared.send(messages(15), ample()), shared.send(messages(1), ample())])
    const sizes = counting.calls.map((command) => entriesOf(command).length)
    expect(sizes.sort()).toStrictEqual([1, 10, 5])
  })

  it('does not store a message of a FIFO queue twice that two calls send at once', async () => {
    const shared = sqsTarget({
      queueUrl: queues.queueUrl('shared.fifo'),
      client,
      coalesce: coalesce({ when: 'always' }),
    })
    const results = await Promise.all([1, 2].map(() => shared.send(messages(1), ample())))
    expect(results.flat()).toStrictEqual([{ status: 'accepted' }, { status: 'accepted' }])
    expect(await queues.messages('shared.fifo')).toHaveLength(1)
  })

  it.each([['auto'], [true], [false], [{ maxWait: 1 }], [null]])('cannot be %j', (option) => {
    expect(() => target({ coalesce: option })).toThrow(
      'sqsTarget: the option `coalesce` must be coalesce() of @spillway/sqs/coalesce.',
    )
  })
})

describe('a FIFO queue', () => {
  it('gets a group and a deduplication id from the message', async () => {
    const counting = faulty(client)
    const ordered = sqsTarget({ queueUrl: queues.queueUrl('ordered.fifo'), client: counting })
    const key = 'naïve key'
    const results = await ordered.send(
      [
        { key: 'a', group: 'g', body: '1' },
        { key, body: '2' },
      ],
      ample(),
    )
    expect(results).toStrictEqual([{ status: 'accepted' }, { status: 'accepted' }])
    const entries = entriesOf(counting.calls[0] as Command)
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(entries[0]).toMatchObject({ MessageGroupId: 'g', MessageDeduplicationId: hash })
    // A group that is no id of SQS is hashed, too.
    expect(entries[1]).toMatchObject({ MessageGroupId: hash, MessageDeduplicationId: hash })
  })
})

describe('order on a FIFO queue', () => {
  const grouped = ['a1', 'a2', 'b1', 'a3', 'b2'].map(
    (key): EncodedMessage => ({ key, group: key[0], body: key }),
  )

  it('is kept when SQS takes a message only at the second attempt', async () => {
    const refusals = new Set(['a1'])
    const flaky = faulty(
      client,
      ...new Array(9).fill(async (command: SendMessageBatchCommand, forward: () => Promise<unknown>) => {
        const { Entries = [] } = command.input
        const refused = Entries.find(({ MessageBody = '' }) => refusals.delete(MessageBody))
        if (refused === undefined) return forward()
        command.input.Entries = Entries.filter((entry) => entry !== refused)
        const { Successful = [] } = (await forward()) as { Successful?: object[] }
        return { Successful, Failed: [{ Id: refused.Id, Code: 'InternalError', SenderFault: false }] }
      }),
    )
    const ordered = sqsTarget({ queueUrl: queues.queueUrl('kept.fifo'), client: flaky, clock })
    const results = await ordered.send(grouped, ample())
    expect(results.map(({ status }) => status)).toStrictEqual(new Array(5).fill('accepted'))
    const stored = (await queues.messages('kept.fifo')).map(({ body }) => body)
    expect(stored.filter((body) => body.startsWith('a'))).toStrictEqual(['a1', 'a2', 'a3'])
    expect(stored.filter((body) => body.startsWith('b'))).toStrictEqual(['b1', 'b2'])
  })

  it('sends nothing of a group behind a message that was refused', async () => {
    const refusing = faulty(client, async (command, forward) => {
      const { input } = command as SendMessageBatchCommand
      const refused = input.Entries?.find(({ MessageBody }) => MessageBody === 'a1')
      input.Entries = input.Entries?.filter((entry) => entry !== refused)
      const { Successful = [] } = (await forward()) as { Successful?: object[] }
      return { Successful, Failed: [{ Id: refused?.Id, Code: 'Refused', SenderFault: true }] }
    })
    const ordered = sqsTarget({ queueUrl: queues.queueUrl('stopped.fifo'), client: refusing, clock })
    expect(await ordered.send(grouped, ample())).toMatchObject([
      { status: 'rejected', code: 'Refused', retryable: false },
      { status: 'rejected', code: 'SPILLWAY_SEND_FAILED', retryable: true },
      { status: 'accepted' },
      { status: 'rejected', code: 'SPILLWAY_SEND_FAILED', retryable: true },
      { status: 'accepted' },
    ])
    expect((await queues.messages('stopped.fifo')).map(({ body }) => body)).toStrictEqual(['b1', 'b2'])
  })
})

it('makes the group of a message its tenant on a standard queue', async () => {
  const counting = faulty(client)
  await target({ client: counting }).send([{ key: 'k', group: 'tenant 7', body: 'x' }], ample())
  const [entry] = entriesOf(counting.calls[0] as Command)
  expect(entry).toMatchObject({ MessageGroupId: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(entry).not.toHaveProperty('MessageDeduplicationId')
})

describe('options', () => {
  it('says that the environment variable may be missing', () => {
    expect(() => sqsTarget({ queueUrl: undefined })).toThrow(
      'sqsTarget: the option `queueUrl` is missing; it must be the URL of a queue (is its environment variable set?).',
    )
  })

  it.each(['orders', 'arn:aws:sqs:eu-west-1:1:orders', 'https://sqs/1/orders\n', 'https:// sqs/1/orders'])(
    'takes no %j for the URL of a queue',
    (queueUrl) => {
      expect(() => sqsTarget({ queueUrl })).toThrow('the option `queueUrl` must be the URL of a queue')
    },
  )

  it('names a typo, and lists the options without those that only tests set', () => {
    // @ts-expect-error the option is wrong on purpose
    expect(() => sqsTarget({ queueURL: 'https://x' })).toThrow(
      /^sqsTarget has no option `queueURL`\. Its options are queueUrl, client, maxAttempts, concurrency, maximumMessageSize, claimCheck, coalesce, telemetry\.$/,
    )
  })
})
