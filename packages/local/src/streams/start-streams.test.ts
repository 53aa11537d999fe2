import { once } from 'node:events'
import { connect as http2 } from 'node:http2'
import { connect } from 'node:net'
import { InternalFailureException } from '@aws-sdk/client-kinesis'
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { startStreams } from './index.ts'
import {
  codes,
  engine,
  first,
  get,
  iterator,
  keyOfFirst,
  keyOfSecond,
  put,
  putMany,
  second,
  start,
  stop,
  stored,
  texts,
  world,
} from './testing/stream-world.ts'

afterEach(stop)

const rest = 'content-type: application/x-amz-json-1.1\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}'

/** Sends texts in separate packets, and returns the response of the server. */
async function speak(...packets: readonly string[]): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(engine.endpoint).port), noDelay: true })
  onTestFinished(() => void socket.destroy())
  socket.setEncoding('latin1')
  for (const packet of packets) {
    await new Promise((resolve) => socket.write(packet, 'latin1', resolve))
    // When a request over another connection is answered, the server has read this packet.
    await fetch(engine.endpoint)
  }
  const [text] = await once(socket, 'data')
  return text
}

describe('with HTTP/1.1 only', () => {
  beforeEach(() => {
    world.handler = () => new NodeHttpHandler()
  })

  it('rejects records above its memory limit with a clear message, and deletes those that every reader has released', async () => {
    await start({ maxBytes: 3000 })
    const kilobyte = 'x'.repeat(1000)
    const { SequenceNumber = '' } = await put(keyOfFirst, kilobyte)
    await put(keyOfFirst, kilobyte)
    const full = put(keyOfSecond, kilobyte)
    await expect(full).rejects.toThrow('keeps at most 3000 bytes of records')
    await expect(full).rejects.toBeInstanceOf(InternalFailureException)
    expect(codes(await putMany([[keyOfSecond, kilobyte]]))).toEqual(['InternalFailure'])
    expect(engine.records('readings')).toHaveLength(2)
    const reader = engine.readers('readings')[0]
    reader?.release(SequenceNumber)
    expect(engine.records('readings')).toHaveLength(2)
    await put(keyOfSecond, 'y'.repeat(900))
    expect(engine.records('readings').map(({ data }) => data.byteLength)).toEqual([1000, 900])
    expect(texts(await get(await iterator()))).toEqual([kilobyte])
  })

  it.each([
    ['a form, as a web page may send', { 'content-type': 'application/x-www-form-urlencoded' }, 404],
    ['a preflight of a web page', { 'content-type': 'text/plain' }, 404],
    ['CBOR', { 'content-type': 'application/x-amz-cbor-1.1' }, 404],
    ['another service', { 'x-amz-target': 'AmazonSQS.SendMessage' }, 400],
    ['an unknown action', { 'x-amz-target': 'Kinesis_20131202.MergeShards' }, 400],
    ['a name of Object', { 'x-amz-target': 'Kinesis_20131202.constructor' }, 400],
  ])('does not serve %s', async (_, headers, status) => {
    await start()
    const response = await fetch(engine.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', ...headers },
      body: '{}',
    })
    expect(response.status).toBe(status)
    if (status === 400) {
      expect(await response.json()).toMatchObject({ __type: 'UnknownOperationException' })
    }
  })

  it.each([
    ['text that is not JSON', '{'],
    ['null', 'null'],
    ['an array', '[]'],
    ['a number as key', '{"StreamName":"readings","PartitionKey":5,"Data":""}'],
    ['data that is not base64', '{"StreamName":"readings","PartitionKey":"a","Data":"?"}'],
    ['records that are not objects', '{"StreamName":"readings","Records":[null]}', 'PutRecords'],
    ['a limit that is not an integer', '{"ShardIterator":"x","Limit":1.5}', 'GetRecords'],
  ])('rejects %s', async (_, body, action = 'PutRecord') => {
    await start()
    const response = await fetch(engine.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `Kinesis_20131202.${action}`,
      },
      body,
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ __type: 'SerializationException', message: expect.any(String) })
  })

  it('does not serve a web page whose name resolves to loopback', async () => {
    await start()
    expect(await speak(`POST / HTTP/1.1\r\nhost: evil.example\r\n${rest}`)).toMatch(/^HTTP\/1.1 404 /)
  })

  it('waits until the protocol of a client is known', async () => {
    await start()
    const host = 'localhost'
    expect(await speak('P', `OST / HTTP/1.1\r\nhost: ${host}\r\n${rest}`)).toContain(
      'UnknownOperationException',
    )
    // The response to the preface of HTTP/2 begins with a SETTINGS frame, whose type is 4.
    expect((await speak('PRI * HTTP/2.0\r\n', '\r\nSM\r\n\r\n', '\0\0\0\x04\0\0\0\0\0')).charCodeAt(3)).toBe(
      4,
    )
  })

  it('reports that its port is in use, and rejects an invalid stream', async () => {
    await start()
    const port = Number(new URL(engine.endpoint).port)
    await expect(startStreams({ streams: [], port })).rejects.toMatchObject({ code: 'SPILLWAY_PORT_IN_USE' })
    for (const stream of [
      { name: 'a', shards: 0 },
      { name: 'a b', shards: 1 },
      { name: 'a', shards: 1.5 },
      { name: 'a', shards: 1, maxRecordSizeInKiB: 1023 },
      { name: 'a', shards: 1, maxRecordSizeInKiB: 10_241 },
      { name: 'a', shards: 1, maxRecordSizeInKiB: '2048' as never },
    ]) {
      await expect(startStreams({ streams: [stream] })).rejects.toMatchObject({
        code: 'SPILLWAY_OPTION_INVALID',
      })
    }
    const twins = [1, 2].map((shards) => ({ name: 'a', shards }))
    await expect(startStreams({ streams: twins })).rejects.toMatchObject({ code: 'SPILLWAY_OPTION_INVALID' })
    expect(() => engine.records('reading')).toThrow('Did you mean `readings`?')
  })

  it('stops while clients wait for responses', async () => {
    await start()
    world.onPut = () => ({ fail: 'hang', stored: false })
    const hanging = put(keyOfFirst, 'x').catch((error: Error) => error)
    await get(await iterator())
    await engine.stop()
    expect(await hanging).toBeInstanceOf(Error)
    await engine.stop()
  })
})

it('serves many requests at once over one HTTP/2 connection', async () => {
  world.handler = () => new NodeHttp2Handler({ disableConcurrentStreams: false })
  await start()
  const names = Array.from({ length: 50 }, (_, index) => String(index))
  await Promise.all(names.map((name) => put(keyOfFirst, name)))
  expect(stored().sort()).toEqual(names.sort())
})

it('serves other requests when an HTTP/2 client disconnects during one', async () => {
  world.handler = () => undefined
  await start()
  const session = http2(engine.endpoint)
  session.on('error', () => undefined)
  const request = session.request({
    ':method': 'POST',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Kinesis_20131202.PutRecord',
  })
  request.on('error', () => undefined)
  request.write('{"StreamName":')
  await put(keyOfFirst, 'one')
  session.destroy()
  await put(keyOfFirst, 'two')
  expect(stored()).toEqual(['one', 'two'])
})

it('sends large responses in parallel over one HTTP/2 connection, and accepts requests meanwhile', async () => {
  world.handler = () => undefined
  await start()
  const megabyte = 'x'.repeat(1_000_000)
  for (let record = 0; record < 10; record += 1) {
    const keys = [keyOfFirst, keyOfSecond]
    expect((await putMany(keys.map((key) => [key, megabyte] as const))).FailedRecordCount).toBe(0)
    world.now += 1000
  }
  const iterators = [await iterator(), await iterator({ ShardId: second })]
  // A client with a large memory for responses.
  const session = http2(engine.endpoint, { maxSessionMemory: 1000 })
  onTestFinished(() => session.destroy())
  const ask = async (action: string, body: object) => {
    const stream = session.request({
      ':method': 'POST',
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Kinesis_20131202.${action}`,
    })
    stream.end(JSON.stringify(body))
    return JSON.parse((await stream.toArray()).join(''))
  }
  const reading = iterators.map((ShardIterator) => ask('GetRecords', { ShardIterator }))
  // The responses are being sent.
  await get(await iterator({ StreamName: 'large' }))
  const record = { StreamName: 'large', PartitionKey: 'a', Data: 'AAAA' }
  expect(await ask('PutRecord', record)).toMatchObject({ ShardId: first })
  const answers = await Promise.all(reading)
  expect(answers.map(({ Records }) => Records.length)).toEqual([10, 10])
})
