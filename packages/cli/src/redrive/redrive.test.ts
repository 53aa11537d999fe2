import type { SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, type StreamEngine, startQueues, startStreams } from '@spillway/local/testing'
import { deliveredMessage, originalOf } from '@spillway/sqs'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { clientOf, orderText, parkNext, parkOne, receive, send } from '../testing/dead-letters.ts'
import { type FaultySqs, type SqsFault, startFaultySqs } from '../testing/faulty-sqs.ts'
import { inProcess, withoutProgress } from '../testing/in-process.ts'
import { runCli } from '../testing/run-cli.ts'

let queues: QueueEngine
let client: SQSClient
/** The queues, as the commands see them: without waiting at the end of each. */
let front: FaultySqs
let counter = 0
const ends = Array.from({ length: 40 }, (_, n) => n)

beforeAll(async () => {
  const own = { visibilityTimeout: 30, maxReceiveCount: 50 }
  const plain = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
  queues = await startQueues({
    queues: ends.flatMap((n) => [
      { name: `from${n}`, ...own, deadLetterQueue: `dead${n}` },
      { name: `from${n}.fifo`, ...own, deadLetterQueue: `dead${n}.fifo` },
      { name: `other${n}`, ...plain },
    ]),
  })
  client = clientOf(queues)
  front = await startFaultySqs(queues, () => 'ok')
})
afterAll(async () => {
  client.destroy()
  await front.stop()
  await queues.stop()
})
beforeEach(() => {
  counter++
})

const url = (name: string, suffix = '') => queues.queueUrl(`${name}${counter}${suffix}`)
const urls = (suffix = '') => ({ from: url('from', suffix), dead: url('dead', suffix) })
const depth = async (name: string, suffix = '') => (await queues.depth(`${name}${counter}${suffix}`)).visible
const redriveOf = (name: string, ...args: string[]) =>
  inProcess(['redrive', front.queueUrl(name), '--rate', '1000', ...args])
const redrive = (...args: string[]) => redriveOf(`dead${counter}`, ...args)
const text = (StringValue: string) => ({ DataType: 'String', StringValue })
/** The queue with faults in requests, from the first of each action on. */
async function through(plan: Readonly<Record<string, readonly SqsFault[]>>): Promise<string> {
  const faulty = await startFaultySqs(queues, (action, time) => plan[action]?.[time] ?? 'ok')
  onTestFinished(() => faulty.stop())
  return faulty.queueUrl(`dead${counter}`)
}

describe('spillway redrive', () => {
  it('prints what would be sent, and sends nothing, without --execute', async () => {
    await parkOne(client, urls(), orderText('k1'))
    const dry = await redrive()
    expect(dry.code).toBe(0)
    expect(dry.stdout).toContain('order.placed')
    expect(dry.stderr).toBe(`Dry run: 1 copy would be sent to ${url('from')}. Add --execute to send them.\n`)
    expect([await depth('dead'), await depth('from')]).toStrictEqual([1, 0])
  })

  it('sends a message back exactly as it came, marked with its id', async () => {
    const attributes = {
      kind: text('x'),
      picture: { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 255, 1]) },
      size: { DataType: 'Number', StringValue: '1.50' },
    }
    const body = `  ${orderText('k1', { big: 1 }).replace('1}', '12345678901234567890}')}\n`
    const id = await parkOne(client, urls(), body, { attributes })
    expect(withoutProgress(await redrive('--execute'))).toStrictEqual({
      code: 0,
      stdout: `Redriven 1 copy to ${url('from')}.\n`,
      stderr: '',
    })
    const [message] = await receive(client, url('from'))
    expect(message?.Body).toBe(body)
    expect(message?.MessageAttributes).toStrictEqual({
      ...attributes,
      'spillway.messageId': text(id),
      'spillway.sentAt': expect.objectContaining({ DataType: 'String' }),
      'spillway.firstReceivedAt': expect.objectContaining({ DataType: 'String' }),
    })
    expect(await queues.messages(`dead${counter}`)).toStrictEqual([])
  })

  it('sends messages back that SQS itself moved, marked with the id that they kept', async () => {
    const id = await send(client, url('dead'), 'plain text', { attributes: { kind: text('x') } })
    expect((await redrive('--execute')).code).toBe(0)
    const [message] = await receive(client, url('from'))
    expect(message).toMatchObject({
      Body: 'plain text',
      MessageAttributes: { kind: text('x'), 'spillway.messageId': text(id) },
    })
  })

  it('keeps a message packed where the mark has no room beside it, and sends any other without the mark', async () => {
    const ten = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`a${n}`, text(String(n))]))
    const id = await parkOne(client, urls(), orderText('packed'), { attributes: ten })
    await send(client, url('dead'), 'moved', { attributes: ten })
    expect((await redrive('--execute')).code).toBe(0)
    const messages = await receive(client, url('from'))
    const found = Object.fromEntries(messages.map(({ Body, MessageAttributes }) => [Body, MessageAttributes]))
    expect(found.moved).toStrictEqual(ten)
    expect(found[orderText('packed')]).toMatchObject({
      'spillway.packed': expect.objectContaining({ DataType: 'Binary.attributes' }),
      'spillway.messageId': text(id),
    })
    expect(found[orderText('packed')]).not.toHaveProperty(['spillway.code'])
  })

  it.each([
    [['--code', 'A'], ['1']],
    [['--key', '2'], ['2']],
    [
      ['--code', 'A', '--code', 'B'],
      ['1', '2', '3'],
    ],
    [['--older-than', '1h'], []],
    [['--limit', '1', '--code', 'B'], 1],
  ])('sends back what the filters %j choose', async (args, keys) => {
    for (const [key, code] of [
      ['1', 'A'],
      ['2', 'B'],
      ['3', 'B'],
    ] as const)
      await parkOne(client, urls(), orderText(key), { reason: { code, detail: 'd' } })
    expect((await redrive('--execute', ...args)).code).toBe(0)
    const sent = (await receive(client, url('from'))).map(({ Body = '' }) => JSON.parse(Body).key)
    if (typeof keys === 'number') expect(sent).toHaveLength(keys)
    else expect(sent.toSorted()).toStrictEqual(keys)
    expect(await queues.depth(`dead${counter}`)).toStrictEqual({
      visible: 3 - sent.length,
      inFlight: 0,
      delayed: 0,
    })
  })

  it('goes to the queue that --to names, and to no other by itself where that is not clear', async () => {
    await send(client, url('other'), 'x')
    const none = await inProcess(['redrive', url('other'), '--execute'])
    expect(none).toMatchObject({ code: 1, stdout: '' })
    expect(none.stderr).toContain('spillway: No queue uses it as its dead-letter queue: ')
    const itself = await inProcess(['redrive', url('other'), '--execute', '--to', url('other')])
    expect(itself).toMatchObject({ code: 1 })
    expect(itself.stderr).toContain('The copies are already in this queue')
    expect((await redriveOf(`other${counter}`, '--execute', '--to', url('from'))).code).toBe(0)
    expect([await depth('other'), await depth('from')]).toStrictEqual([0, 1])
  })
})

it('names the codes of what it left, and the one that was meant', async () => {
  await parkOne(client, urls(), orderText('1'))
  expect(await redrive('--execute', '--code', 'SPILLWAY_BODY_INVALD')).toStrictEqual({
    code: 0,
    stdout: `Redriven 0 copies to ${url('from')}.\n`,
    stderr:
      'Not chosen, and still in the queue: 1 copy. Their codes: SPILLWAY_BODY_INVALID (1). Did you mean --code SPILLWAY_BODY_INVALID?\n',
  })
})

it('redraws one line of progress on a terminal, and clears it for what stays', async () => {
  for (const key of ['1', '2', '3', '4']) await parkOne(client, urls(), orderText(key))
  const dead = await through({ SendMessageBatch: ['refused'] })
  const isTTY = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY')
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true })
  onTestFinished(() => {
    if (isTTY === undefined) Reflect.deleteProperty(process.stderr, 'isTTY')
    else Object.defineProperty(process.stderr, 'isTTY', isTTY)
  })
  const { code, stdout, stderr } = await inProcess(['redrive', dead, '--execute', '--rate', '4'])
  expect(code).toBe(1)
  expect(stdout).toBe(`Redriven 2 copies to ${url('from')}.\n`)
  const clear = '\r\u001B[K'
  // What fails stays on the screen, and the line of progress is drawn again below it.
  const lines = stderr.split('\n').slice(0, 2)
  for (const line of lines) {
    expect(line.startsWith(clear)).toBe(true)
    expect(line).toMatch(/[0-9a-f-]{36}: InvalidMessageContents: a fault$/)
  }
  expect(stderr).toContain(
    `${clear}redriven 0 of about 4, failed 2${clear}redriven 2 of about 4, failed 2${clear}2 failed`,
  )
})

it('sends a message of 1 MiB back, which leaves no room for its mark, as its source reads it', async () => {
  const body = orderText('big', { text: 'x'.repeat(1_048_576 - orderText('big', { text: '' }).length) })
  expect(Buffer.byteLength(body)).toBe(1_048_576)
  const id = await parkOne(client, urls(), body)
  expect((await redrive('--execute')).code).toBe(0)
  const [message] = await receive(client, url('from'))
  expect(message?.MessageAttributes).toMatchObject({
    'spillway.packed': expect.objectContaining({ DataType: 'Binary.message' }),
    'spillway.messageId': text(id),
  })
  expect((await originalOf(deliveredMessage(message ?? {}))).body).toBe(body)
  expect(await depth('dead')).toBe(0)
})

describe('with faults in between', () => {
  const keys = ['0', '1', '2', '3', '4', '5', '6', '7']
  const parkAll = async () => {
    for (const key of keys) await parkOne(client, urls(), orderText(key))
  }
  const sentKeys = async () => {
    const found: string[] = []
    for (;;) {
      const messages = await receive(client, url('from'))
      if (messages.length === 0) return found.toSorted()
      found.push(...messages.map(({ Body = '' }) => JSON.parse(Body).key))
    }
  }
  const run = async (plan: Readonly<Record<string, readonly SqsFault[]>>, ...args: string[]) =>
    inProcess(['redrive', await through(plan), '--execute', '--rate', '1000', ...args])

  it.each<[string, Readonly<Record<string, readonly SqsFault[]>>]>([
    ['some entries are not taken', { SendMessageBatch: ['partial', 'partial'] }],
    ['a request fails', { SendMessageBatch: ['error'] }],
    ['some copies are not deleted', { DeleteMessageBatch: ['partial', 'partial'] }],
    ['a deletion fails', { DeleteMessageBatch: ['error'] }],
    ['the answer to a deletion is lost', { DeleteMessageBatch: ['lost'] }],
  ])('sends each message once when %s', async (_, plan) => {
    await parkAll()
    expect(await run(plan)).toMatchObject({ code: 0, stdout: expect.stringContaining('Redriven 8 copies') })
    expect(await sentKeys()).toStrictEqual(keys)
    expect(await queues.messages(`dead${counter}`)).toStrictEqual([])
  })

  it.each<[string, SqsFault]>([
    ['is lost', 'lost'],
    ['mentions nothing', 'silent'],
  ])('sends a message again, and loses none, when the answer to a send %s', async (_, fault) => {
    await parkAll()
    expect((await run({ SendMessageBatch: [fault] })).code).toBe(0)
    const sent = await sentKeys()
    expect([...new Set(sent)]).toStrictEqual(keys)
    expect(await queues.messages(`dead${counter}`)).toStrictEqual([])
  })

  it('keeps a copy that is never confirmed, names it and why, and fails', async () => {
    await parkAll()
    const faults: SqsFault[] = Array.from({ length: 3 }, () => 'refused')
    const { code, stdout, stderr } = await run({ SendMessageBatch: faults })
    expect(code).toBe(1)
    expect(stdout).toContain('Redriven 0 copies')
    const kept = await queues.messages(`dead${counter}`)
    expect(kept).toHaveLength(8)
    for (const { messageId } of kept)
      expect(stderr).toContain(`${messageId}: InvalidMessageContents: a fault\n`)
    expect(stderr).toContain('the same command continues')
    expect(await depth('dead')).toBe(8)
    expect((await redrive('--execute')).code).toBe(0)
    expect(await sentKeys()).toStrictEqual(keys)
  })

  it('gives up when nothing goes through, and leaves everything visible', async () => {
    await parkAll()
    const faults: SqsFault[] = Array.from({ length: 99 }, () => 'denied')
    const { code, stderr } = await run({ SendMessageBatch: faults }, '--rate', '2')
    expect(code).toBe(1)
    expect(stderr.match(/^[0-9a-f-]{36}: AccessDenied/gm)).toHaveLength(3)
    expect(stderr).toContain('Stopped: 3 requests in a row failed.\n')
    expect(await depth('dead')).toBe(8)
  })

  it('says which copies went back and could not be deleted', async () => {
    const id = await parkOne(client, urls(), orderText('1'))
    const faults: SqsFault[] = Array.from({ length: 9 }, () => 'denied')
    const { code, stdout, stderr } = await run({ DeleteMessageBatch: faults }, '--json')
    expect(code).toBe(1)
    const [copy] = await queues.messages(`dead${counter}`)
    expect(JSON.parse(stdout)).toMatchObject({
      sent: 1,
      failures: [{ id: copy?.messageId, cause: expect.stringContaining('could not be deleted') }],
    })
    expect(stderr).toContain(`${copy?.messageId}: It was sent back, but could not be deleted`)
    const [message] = await receive(client, url('from'))
    expect(message?.MessageAttributes?.['spillway.messageId']).toStrictEqual(text(id))
  })

  it('leaves a message that is parked anew during the run, instead of going round and round', async () => {
    await parkOne(client, urls(), orderText('1'))
    let parking: Promise<string> | undefined
    const faulty = await startFaultySqs(queues, (action) => {
      if (action === 'DeleteMessageBatch') parking ??= parkNext(client, urls())
      return 'ok'
    })
    onTestFinished(() => faulty.stop())
    const dead = faulty.queueUrl(`dead${counter}`)
    const ended = await inProcess(['redrive', dead, '--execute', '--rate', '1000'])
    expect(withoutProgress(ended)).toStrictEqual({
      code: 0,
      stdout: `Redriven 1 copy to ${url('from')}.\n`,
      stderr:
        'Parked again during the run, and still in the queue: 1 copy. The cause remains: `spillway parked list` shows it.\n',
    })
    expect(await queues.messages(`dead${counter}`)).toMatchObject([
      { attributes: { 'spillway.messageId': await parking }, state: 'visible' },
    ])
  })

  it('finishes what is in flight at Ctrl-C, and goes on at the next run', async () => {
    await parkAll()
    const dead = url('dead')
    const cli = runCli(['redrive', dead, '--execute', '--rate', '4'])
    await vi.waitFor(async () => expect(await depth('from')).toBeGreaterThan(1), {
      timeout: 30_000,
      interval: 20,
    })
    cli.child.kill('SIGINT')
    const { code, stdout, stderr } = await cli.ended
    expect(code).toBe(130)
    expect(stderr).toContain(
      'Interrupted.\nCopies that were not sent are still in the queue: the same command continues.\n',
    )
    const sent = await depth('from')
    expect(sent).toBeLessThan(8)
    expect(stdout).toBe(`Redriven ${sent} copies to ${url('from')}.\n`)
    expect(await queues.depth(`dead${counter}`)).toStrictEqual({ visible: 8 - sent, inFlight: 0, delayed: 0 })
    expect((await redrive('--execute')).code).toBe(0)
    expect(await sentKeys()).toStrictEqual(keys)
  })
})

describe('a FIFO queue', () => {
  const fifo = (...args: string[]) => redriveOf(`dead${counter}.fifo`, ...args)
  /** What the queue has, by group, in order. */
  const bodies = async () => {
    const messages = (await queues.messages(`from${counter}.fifo`)).map(({ body }) => body)
    return Map.groupBy(messages, (body) => body.slice(0, 1))
  }
  const sendDead = (body: string) => send(client, url('dead', '.fifo'), body, { group: body.slice(0, 1) })

  it('gets its messages back in order and in their groups', async () => {
    const all = Array.from({ length: 12 }, (_, n) => [`a${n}`, `b${n}`]).flat()
    for (const body of all) await sendDead(body)
    expect((await fifo('--execute')).code).toBe(0)
    expect(await bodies()).toStrictEqual(Map.groupBy(all, (body) => body.slice(0, 1)))
    expect(await depth('dead', '.fifo')).toBe(0)
  })

  it('does not drop a message that comes back within five minutes of its first send', async () => {
    await parkOne(client, urls('.fifo'), orderText('1'), { group: 'tenant' })
    const [copy] = await queues.messages(`dead${counter}.fifo`)
    expect((await fifo('--execute')).code).toBe(0)
    const [message] = await receive(client, url('from', '.fifo'))
    expect(message).toMatchObject({
      Body: orderText('1'),
      Attributes: { MessageGroupId: 'tenant', MessageDeduplicationId: `redrive-${copy?.messageId}` },
    })
  })

  it('does not send a copy twice whose first send was not answered', async () => {
    for (const body of ['a1', 'b1']) await sendDead(body)
    const faulty = await startFaultySqs(queues, (action, time) =>
      action === 'SendMessageBatch' && time === 0 ? 'lost' : 'ok',
    )
    onTestFinished(() => faulty.stop())
    const dead = faulty.queueUrl(`dead${counter}.fifo`)
    expect((await inProcess(['redrive', dead, '--execute', '--rate', '1000'])).code).toBe(0)
    expect([...(await bodies()).values()].flat().toSorted()).toStrictEqual(['a1', 'b1'])
  })

  it('sends nothing of a group past a copy that failed', async () => {
    for (const body of ['a1', 'a2', 'b1', 'b2']) await sendDead(body)
    const faulty = await startFaultySqs(queues, (action, time) =>
      action === 'SendMessageBatch' && time === 0 ? 'refused' : 'ok',
    )
    onTestFinished(() => faulty.stop())
    const dead = faulty.queueUrl(`dead${counter}.fifo`)
    const { code, stderr } = await inProcess(['redrive', dead, '--execute', '--rate', '1000'])
    expect(code).toBe(1)
    const sent = [...(await bodies()).values()].flat()
    // The first request had one copy of a group or of both: what came behind them stays.
    expect(sent.some((body) => body.endsWith('2') && !sent.includes(body.replace('2', '1')))).toBe(false)
    expect(stderr).toMatch(/not sent, because an earlier one of the group failed/)
    expect((await fifo('--execute')).code).toBe(0)
    expect(await bodies()).toStrictEqual(
      new Map(
        [
          ['a', ['a1', 'a2']],
          ['b', ['b1', 'b2']],
        ].map((x) => x as [string, string[]]),
      ),
    )
  })
})

it('puts records back into their stream', async () => {
  const streams: StreamEngine = await startStreams({
    streams: [{ name: 'readings', shards: 1 }],
    region: 'us-east-1',
  })
  onTestFinished(() => streams.stop())
  vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', streams.endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  onTestFinished(() => void vi.unstubAllEnvs())
  const attributes = {
    'spillway.code': text('C'),
    'spillway.reason': text('d'),
    'spillway.stream': text('arn:aws:kinesis:us-east-1:000000000000:stream/readings'),
    'spillway.sequenceNumber': text('4950'),
    'spillway.partitionKey': text('sensor-1'),
  }
  await send(client, url('dead'), orderText('1'), { attributes })
  await send(client, url('dead'), Buffer.from([0, 255]).toString('base64'), {
    attributes: { ...attributes, 'spillway.encoding': text('base64') },
  })
  const wrong = await redrive('--execute')
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('send it back with --to-stream') })
  const other = await send(client, url('dead'), 'of a queue')
  const { code, stderr } = await redrive('--execute', '--to-stream', 'readings')
  expect(code).toBe(1)
  expect(stderr).toContain(`${other}: It is not a copy of a stream record`)
  const records = streams.records('readings')
  expect(records.map(({ partitionKey }) => partitionKey)).toStrictEqual(['sensor-1', 'sensor-1'])
  const data = records.map((record) => Buffer.from(record.data))
  const marked = orderText('1').replace(/}$/, ',"redriveOf":"4950"}')
  expect(data.toSorted(Buffer.compare).reverse()).toStrictEqual([
    Buffer.concat([Buffer.from('{"spillway":1,"redriveOf":"4950"}\n'), Buffer.from([0, 255])]),
    Buffer.from(marked),
  ])
  expect(await depth('dead')).toBe(1)
})

it.each([
  [['--excute'], 'unknown option --excute. Did you mean --execute?'],
  [['--rate', '0'], "--rate must be a number from 0.01 to 1000, not '0'."],
  [['--to', ''], '--to must not be empty.'],
  [['--to', 'a', '--to-stream', 'b'], 'give --to or --to-stream, not both.'],
  [['--message', './message.ts'], '--message validates edited bodies: add --edit.'],
])('says what is wrong with redrive %j', async (args, message) => {
  const { code, stdout, stderr } = await inProcess(['redrive', 'dead', ...args])
  expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(`spillway: ${message}`)
})
