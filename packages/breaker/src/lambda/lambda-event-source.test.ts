import { LambdaClient } from '@aws-sdk/client-lambda'
import { retry, SpillwayError, type Writer } from '@spillway/message'
import { afterEach, expect, it } from 'vitest'
import { breaker } from '../breaker.ts'
import { type LambdaServer, type ServedMapping, startLambdaServer } from '../testing/lambda-server.ts'
import { timeLimit } from '../testing/time-limit.ts'
import { lambdaEventSource } from './index.ts'

// These tests use the real SDK client and a local server with Lambda's API.

let server: LambdaServer
let client: LambdaClient

async function start(change: Partial<ServedMapping> = {}) {
  server = await startLambdaServer(change)
  client = new LambdaClient({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 2,
  })
  return lambdaEventSource({ uuid: server.uuid, client })
}

afterEach(async () => {
  client.destroy()
  await server.stop()
})

const unavailable = retry({ cause: new SpillwayError('SPILLWAY_DATABASE_UNAVAILABLE', 'It is down.') })
const logger = { info() {}, warn() {}, error() {} }

it('reads a mapping, changes it, and keeps notes as its tags', async () => {
  const mapping = await start()
  await mapping.note({ 'spillway:breaker-opened': 'id 20' }, timeLimit())
  expect(server.tags).toEqual({ 'spillway:breaker-opened': 'id 20' })
  expect(await mapping.read(timeLimit())).toEqual({
    state: 'enabled',
    maximumConcurrency: 20,
    limitable: true,
    notes: { 'spillway:breaker-opened': 'id 20' },
  })
  await mapping.change({ enabled: false, maximumConcurrency: 3 }, timeLimit())
  expect((await mapping.read(timeLimit())).state).toBe('changing')
  await expect(mapping.change({ enabled: true }, timeLimit())).rejects.toMatchObject({
    code: 'SPILLWAY_SWITCH_FAILED',
    message: expect.stringContaining('ResourceInUseException'),
    cause: { name: 'ResourceInUseException' },
  })
  server.settle()
  expect(await mapping.read(timeLimit())).toMatchObject({ state: 'disabled', maximumConcurrency: 3 })
  await mapping.change({ maximumConcurrency: null }, timeLimit())
  server.settle()
  expect(await mapping.read(timeLimit())).toMatchObject({ state: 'disabled', maximumConcurrency: undefined })
})

it.each<[string, Partial<ServedMapping>]>([
  ['a stream', { EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders' }],
  ['provisioned pollers', { ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 4 } }],
])('reports that a mapping with %s cannot have a maximum concurrency', async (_, change) => {
  const mapping = await start(change)
  expect((await mapping.read(timeLimit())).limitable).toBe(false)
})

it('switches the mapping to open, half open and closed', async () => {
  const mapping = await start()
  let isUp = false
  let now = 1_000_000
  const { watch, probe } = breaker({
    switch: mapping,
    threshold: 2,
    random: () => 0,
    logger,
    clock: { now: () => now, sleep: () => new Promise(() => undefined) },
    async check() {
      if (!isUp) throw new Error('refused')
    },
  })
  const write: Writer = watch(async () => [unavailable])
  const record = {
    name: 'item',
    version: 1,
    key: 'k',
    time: new Date(0),
    receiveCount: 1,
    lane: 'k',
    body: 1,
  }
  await write([record], timeLimit())
  await write([record], timeLimit())
  expect(server.mapping).toMatchObject({ State: 'Disabling', ScalingConfig: { MaximumConcurrency: 3 } })
  await write([record], timeLimit())
  await write([record], timeLimit())
  expect(await probe()).toMatchObject({ phase: 'changing' })
  server.settle()
  expect(await probe()).toMatchObject({ phase: 'open', healthy: false })
  isUp = true
  expect(await probe()).toMatchObject({ phase: 'open', acted: true })
  expect(server.mapping).toMatchObject({ State: 'Enabling', ScalingConfig: { MaximumConcurrency: 2 } })
  server.settle()
  now += 120_000
  expect(await probe()).toMatchObject({ phase: 'half-open', acted: true })
  server.settle()
  expect(server.mapping).toMatchObject({ State: 'Enabled', ScalingConfig: { MaximumConcurrency: 20 } })
  expect(await probe()).toMatchObject({ phase: 'closed', acted: false })
})

it('retries throttled requests', async () => {
  const mapping = await start()
  server.throttles = 1
  expect((await mapping.read(timeLimit())).state).toBe('enabled')
  // The mapping and its tags are read at the same time, with two attempts of the SDK each.
  server.throttles = 4
  await expect(mapping.read(timeLimit())).rejects.toMatchObject({
    code: 'SPILLWAY_SWITCH_FAILED',
    cause: { name: 'TooManyRequestsException' },
  })
})

it('finds the mapping between a queue and a function, once', async () => {
  await start()
  const eventSourceArn = server.mapping.EventSourceArn
  const mapping = lambdaEventSource({ functionName: 'write', eventSourceArn, client })
  server.throttles = 2
  await expect(mapping.read(timeLimit())).rejects.toMatchObject({ code: 'SPILLWAY_SWITCH_FAILED' })
  await mapping.read(timeLimit())
  await mapping.change({ enabled: false }, timeLimit())
  expect(server.mapping.State).toBe('Disabling')
  const lookUps = server.requests.filter((request) => /mappings\/?$/.test(request))
  // Two throttled attempts of the SDK, and the one that succeeded.
  expect(lookUps).toHaveLength(3)
})

it('rejects when there is no such mapping', async () => {
  await start()
  const eventSourceArn = 'arn:aws:sqs:us-east-1:000000000000:other'
  await expect(
    lambdaEventSource({ functionName: 'write', eventSourceArn, client }).read(timeLimit()),
  ).rejects.toMatchObject({
    code: 'SPILLWAY_SWITCH_FAILED',
    message: expect.stringContaining(`There are 0 event source mappings from ${eventSourceArn} to write`),
  })
  await expect(
    lambdaEventSource({ uuid: crypto.randomUUID(), client }).read(timeLimit()),
  ).rejects.toMatchObject({ code: 'SPILLWAY_SWITCH_FAILED', cause: { name: 'ResourceNotFoundException' } })
})

it('stops when the caller aborts', async () => {
  const mapping = await start()
  const limit = { signal: AbortSignal.abort(), remainingTime: () => 0 }
  await expect(mapping.read(limit)).rejects.toMatchObject({ code: 'SPILLWAY_SWITCH_FAILED' })
  expect(server.requests).toEqual([])
})

it('rejects invalid options and names them', async () => {
  await start()
  for (const options of [{}, { uuid: '' }, { eventSourceArn: 'arn:aws:sqs:x' }, { uuid: 'u', id: 'x' }]) {
    expect(() => lambdaEventSource({ client, ...options } as never)).toThrow(
      expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
    )
  }
})
