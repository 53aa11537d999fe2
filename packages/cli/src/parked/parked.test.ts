import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { clientOf, orderText, parkOne, receive, send } from '../testing/dead-letters.ts'
import { inProcess } from '../testing/in-process.ts'

const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
const names = ['from', 'dead', 'empty', 'long', 'from.fifo', 'dead.fifo']
const uuid = /^[0-9a-f-]{36}$/
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)

let queues: QueueEngine
let client: SQSClient
let originals: readonly string[]
let moved: string

beforeAll(async () => {
  queues = await startQueues({
    queues: [
      ...names.map((name) => ({ name, ...spec })),
      { name: 'live', visibilityTimeout: 30, deadLetterQueue: 'dead', maxReceiveCount: 5 },
      { name: 'patient', visibilityTimeout: 30, deadLetterQueue: 'dead', maxReceiveCount: 50 },
    ],
  })
  client = clientOf(queues)
  const urls = { from: queues.queueUrl('from'), dead: queues.queueUrl('dead') }
  const issues = [{ path: '/total', message: 'expected number' }]
  originals = [
    await parkOne(client, urls, orderText('k1', { id: 'k1', card: '4111-secret' }), {
      attributes: { kind: { DataType: 'String', StringValue: 'attribute-secret' } },
      reason: { code: 'SPILLWAY_BODY_INVALID', detail: 'The body is not valid.', issues },
    }),
    await parkOne(client, urls, orderText('k2\u001B[2J'), {
      reason: { code: 'SPILLWAY_ROW_INVALID', detail: 'The row\u202Eis bad.' },
    }),
  ]
  moved = await send(client, urls.dead, 'plain text')
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})

const cli = (...args: string[]) => inProcess(['parked', ...args])
const list = async (...args: string[]) => {
  const { code, stdout, stderr } = await cli('list', queues.queueUrl('dead'), '--json', ...args)
  expect(code).toBe(0)
  return { rows: JSON.parse(stdout), stderr }
}

describe('spillway parked list', () => {
  it('says what each copy says of its message, and leaves all of them visible', async () => {
    const before = await queues.messages('dead')
    const { rows, stderr } = await list()
    expect(stderr).toBe('')
    expect(rows).toHaveLength(3)
    expect(rows).toContainEqual({
      id: expect.stringMatching(uuid),
      originalId: originals[0],
      name: 'order.placed',
      key: 'k1',
      code: 'SPILLWAY_BODY_INVALID',
      detail: 'The body is not valid.',
      source: 'queue',
      parkedAt: time,
      sentAt: time,
      receiveCount: 1,
      looks: 1,
    })
    expect(rows).toContainEqual({
      id: moved,
      originalId: null,
      name: null,
      key: null,
      code: 'moved',
      detail: null,
      source: 'queue',
      parkedAt: null,
      sentAt: time,
      receiveCount: null,
      looks: 1,
    })
    expect(await queues.depth('dead')).toStrictEqual({ visible: 3, inFlight: 0, delayed: 0 })
    const plain = ({ messageId, body, attributes }: (typeof before)[number]) => ({
      messageId,
      body,
      attributes,
    })
    const after = await queues.messages('dead')
    expect(new Set(after.map(plain))).toStrictEqual(new Set(before.map(plain)))
  })

  it.each([
    [['--code', 'SPILLWAY_ROW_INVALID'], ['k2\u001B[2J']],
    [['--code', 'moved'], [null]],
    [['--key', 'k1'], ['k1']],
    [
      ['--key', 'k1', '--key', 'k2\u001B[2J'],
      ['k1', 'k2\u001B[2J'],
    ],
    [['--key', 'k1', '--code', 'moved'], []],
    [['--older-than', '1h'], []],
    [
      ['--newer-than', '1h'],
      ['k1', 'k2\u001B[2J', null],
    ],
  ])('takes the filters %j', async (args, keys) => {
    const { rows } = await list(...args)
    expect(new Set(rows.map(({ key }: { key: string }) => key))).toStrictEqual(new Set(keys))
  })

  it('finds a copy by the id of its message', async () => {
    const { rows } = await list('--id', originals[1] as string)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ originalId: originals[1] })
  })

  it('names the codes of the queue when nothing matches', async () => {
    const { rows, stderr } = await list('--code', 'SPILLWAY_BODY_INVALD')
    expect(rows).toStrictEqual([])
    expect(stderr).toContain('The codes in the queue: ')
    expect(stderr).toContain('SPILLWAY_BODY_INVALID (1)')
    expect(stderr).toContain(' Did you mean --code SPILLWAY_BODY_INVALID?\n')
    const text = await cli('list', queues.queueUrl('dead'), '--code', 'other')
    expect(text.stdout).toBe(`None of the 3 copies in ${queues.queueUrl('dead')} matches.\n`)
    expect(text.stderr).not.toContain('Did you mean')
  })

  it('prints a table without bodies, and writes out what a terminal would act on', async () => {
    const { code, stdout } = await cli('list', queues.queueUrl('dead'))
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ *id +message +key +code +parked +sent +receives +detail/)
    expect(stdout).toContain('k2\\u{1b}[2J')
    expect(stdout).toContain('The row\\u{202e}is bad.')
    expect(stdout).toContain('3 copies\n')
    expect(stdout).not.toContain('secret')
    expect(stdout).not.toContain('\u001B')
  })

  it('says that a queue is empty', async () => {
    expect(await cli('list', queues.queueUrl('empty'))).toStrictEqual({
      code: 0,
      stdout: `No parked copies in ${queues.queueUrl('empty')}.\n`,
      stderr: '',
    })
  })

  it('reads no more copies than --limit allows, and says so', async () => {
    for (let n = 0; n < 15; n++) await send(client, queues.queueUrl('long'), `text ${n}`)
    const { code, stdout, stderr } = await cli('list', queues.queueUrl('long'), '--json', '--limit', '12')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toHaveLength(12)
    expect(stderr).toBe('Read 12 of about 15 copies: raise --limit to read more.\n')
    expect(await queues.depth('long')).toStrictEqual({ visible: 15, inFlight: 0, delayed: 0 })
  })

  it('says what a FIFO queue does not deliver', async () => {
    const url = queues.queueUrl('dead.fifo')
    for (let n = 0; n < 12; n++) await send(client, url, `a ${n}`, { group: 'a' })
    await send(client, url, 'b', { group: 'b' })
    const { code, stdout, stderr } = await cli('list', url, '--json')
    expect(code).toBe(0)
    const seen = JSON.parse(stdout).length
    expect(seen).toBeLessThan(13)
    expect(stderr).toContain(`Read ${seen} of about 13 copies. A FIFO queue delivers at most`)
    expect(await queues.depth('dead.fifo')).toStrictEqual({ visible: 13, inFlight: 0, delayed: 0 })
  })

  it('does not read a queue whose redrive policy counts each read, except with --force', async () => {
    const url = queues.queueUrl('live')
    await send(client, url, 'x')
    const refused = await cli('list', url)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toBe(
      `spillway: The queue ${url} has its own redrive policy: it moves a message after 5 receives, and each read is a receive. Is it really the dead-letter queue? --force reads it anyway.\n`,
    )
    expect(await queues.messages('live')).toMatchObject([{ receiveCount: 0 }])
    expect((await cli('list', url, '--force')).code).toBe(0)
    expect(await queues.messages('live')).toMatchObject([{ receiveCount: 1, state: 'visible' }])
    const patient = await cli('list', queues.queueUrl('patient'))
    expect(patient).toMatchObject({ code: 0, stderr: expect.stringContaining('after 50 receives') })
  })

  it('says why a queue cannot be read', async () => {
    const url = queues.queueUrl('none')
    const { code, stdout, stderr } = await cli('list', url)
    expect({ code, stdout }).toStrictEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(
      `spillway: The queue ${url} cannot be read (QueueDoesNotExist: The specified queue does not exist.). There is no such queue in this account and region: compare the URL with the one in the console.\n`,
    )
  })

  it.each([
    ['http://127.0.0.1:1/000000000000/dead', 'Nothing answers at this address: check the region in the URL'],
    [
      'arn:aws:sqs:eu-west-1:123456789012:dead',
      'Give the URL of the queue, not its ARN: https://sqs.eu-west-1.amazonaws.com/123456789012/dead\n',
    ],
  ])('says what to do about %s', async (queue, advice) => {
    const { code, stderr } = await cli('list', queue)
    expect(code).toBe(1)
    expect(stderr).toContain(advice)
  })

  it.each([
    ['AccessDeniedException', 'need sqs:GetQueueAttributes for this queue.'],
    ['ExpiredTokenException', 'log in again, or set AWS_PROFILE.'],
    ['InternalFailure', 'Do the credentials of the shell allow sqs:GetQueueAttributes'],
  ])('says what to do when SQS answers %s', async (name, advice) => {
    const server = createServer((_, response) => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message: 'a fault' }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/dead`
    const { code, stderr } = await cli('list', url)
    expect(code).toBe(1)
    expect(stderr).toContain(`spillway: The queue ${url} cannot be read (${name}: a fault). `)
    expect(stderr).toContain(advice)
  })

  it('says how many copies somebody else has received', async () => {
    const url = queues.queueUrl('from')
    await send(client, url, 'x')
    await receive(client, url)
    expect(await cli('list', url)).toStrictEqual({
      code: 0,
      stdout: `No parked copies in ${url}.\n`,
      stderr:
        'About 1 more copy is in flight: another consumer has received them, or a command that was killed.\n',
    })
  })

  it('says that no app runs', async () => {
    vi.stubEnv('PORT', '1')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { code, stderr } = await cli('list', 'orders-dlq')
    expect(code).toBe(1)
    expect(stderr).toContain('spillway: No app of `spillway dev` answers at http://127.0.0.1:2 (')
  })
})

describe('spillway parked show', () => {
  it('redacts the body and the values of attributes', async () => {
    const { code, stdout } = await cli('show', queues.queueUrl('dead'), '--id', originals[0] as string)
    expect(code).toBe(0)
    expect(stdout).toContain('key           k1\n')
    expect(stdout).toContain('"message": "expected number"')
    expect(stdout).toContain('attribute kind (redacted)\n')
    expect(stdout).toContain('(redacted: 133 bytes; --body prints it)')
    expect(stdout).not.toContain('secret')
  })

  it('prints them with --body', async () => {
    const id = originals[0] as string
    const shown = await cli('show', queues.queueUrl('dead'), '--id', id, '--body', '--json')
    expect(JSON.parse(shown.stdout)).toMatchObject({
      originalId: id,
      attributes: { kind: 'attribute-secret' },
      body: orderText('k1', { id: 'k1', card: '4111-secret' }),
      bodyBytes: 133,
    })
    const text = await cli('show', queues.queueUrl('dead'), '--id', id, '--body')
    expect(text.stdout).toContain('      "card": "4111-secret"\n')
    expect(await queues.depth('dead')).toStrictEqual({ visible: 3, inFlight: 0, delayed: 0 })
  })

  it('says that there is no such copy', async () => {
    expect(await cli('show', queues.queueUrl('dead'), '--id', 'x')).toStrictEqual({
      code: 1,
      stdout: '',
      stderr: 'None of the 3 copies that were read has this id.\n',
    })
  })
})

it.each([
  [[], 'give an action: spillway parked list, or spillway parked show.'],
  [['lst'], "unknown action 'parked lst'. Did you mean 'list'?"],
  [['list', '--cod', 'x'], 'unknown option --cod. Did you mean --code?'],
  [
    ['list', '--older-than', '2 weeks'],
    "--older-than must be a duration such as 90s, 30m, 2h or 7d, not '2 weeks'.",
  ],
  [['list', '--limit', '0'], "--limit must be a number from 1 to 100000, not '0'."],
  [['list', '--key', ''], '--key must not be empty.'],
  [['list', '--endpoint', 'local'], "--endpoint must be a URL, not 'local'."],
  [['list', 'a', 'b'], 'expected one queue, but got 2.'],
  [['list', '--body'], 'unknown option --body.'],
  [['show', 'a'], 'parked show needs exactly one --id.'],
])('says what is wrong with parked %j', async (args, message) => {
  const { code, stdout, stderr } = await cli(...args)
  expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(`spillway: ${message}`)
})
