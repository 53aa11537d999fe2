import { InternalFailureException, ListStreamsCommand, PutRecordCommand } from '@aws-sdk/client-kinesis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  client,
  connectClient,
  keyOfFirst,
  keyOfSecond,
  protocols,
  put,
  putMany,
  start,
  stop,
  stored,
  world,
} from './testing/stream-world.ts'

afterEach(stop)

describe.each(protocols)('over %s', (_, handler) => {
  beforeEach(() => {
    world.handler = handler
    return start()
  })

  it('fails as a test requests, and then stores the records that the test requests', async () => {
    const seen: unknown[] = []
    world.onPut = ({ records, ...call }) => {
      seen.push({ ...call, keys: records.map(({ partitionKey }) => partitionKey) })
      if (call.number === 1) return { fail: 'call' }
      if (call.number === 2) return { fail: 'call', status: 503, code: 'ServiceUnavailable' }
      if (call.number === 3) return { fail: 'entries', indexes: [0], code: 'InternalFailure' }
      if (call.number < 6) return { fail: 'reset', stored: call.number === 5 }
      return undefined
    }
    await expect(put(keyOfFirst, 'one')).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } })
    await expect(put(keyOfFirst, 'two')).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      $metadata: { httpStatusCode: 503 },
    })
    await expect(put(keyOfFirst, 'three')).rejects.toBeInstanceOf(InternalFailureException)
    await expect(put(keyOfFirst, 'four')).rejects.toThrow()
    expect(stored()).toEqual([])
    await expect(put(keyOfFirst, 'five')).rejects.toThrow()
    await putMany([
      [keyOfFirst, 'six'],
      [keyOfSecond, 'seven'],
    ])
    expect(stored()).toEqual(['five', 'six', 'seven'])
    expect(seen).toHaveLength(6)
    expect(seen[0]).toEqual({ action: 'PutRecord', stream: 'readings', number: 1, keys: [keyOfFirst] })
    expect(seen[5]).toMatchObject({ action: 'PutRecords', number: 6, keys: [keyOfFirst, keyOfSecond] })
  })

  it('stores a record twice when its response is lost and the SDK retries', async () => {
    connectClient(3)
    world.onPut = ({ number }) => (number === 1 ? { fail: 'reset', stored: true } : undefined)
    await put(keyOfFirst, 'x')
    expect(stored()).toEqual(['x', 'x'])
  })

  it.each([false, true])('hangs when a test requests it (stored: %s)', async (isStored) => {
    const arrived = Promise.withResolvers<void>()
    world.onPut = () => {
      arrived.resolve()
      return { fail: 'hang', stored: isStored }
    }
    const abort = new AbortController()
    const command = new PutRecordCommand({
      StreamName: 'readings',
      PartitionKey: 'a',
      Data: Buffer.from('x'),
    })
    const hanging = client.send(command, { abortSignal: abort.signal })
    const answered = hanging.catch((error: Error) => error.name)
    await arrived.promise
    // The next request is answered, but the first is not.
    await client.send(new ListStreamsCommand())
    expect(stored()).toEqual(isStored ? ['x'] : [])
    abort.abort()
    expect(await answered).toBe('AbortError')
  })
})
