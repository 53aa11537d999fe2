import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startQueues } from '../queues/index.ts'
import type { StoredRecord } from '../streams/index.ts'
import type { DiscardedBatch } from './destination.ts'
import { bucketDestination, queueDestination } from './index.ts'
import { toKinesisRecord } from './record.ts'

const streamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/readings'

const stored = (sequenceNumber: string, text: string, at: number): StoredRecord => ({
  shardId: 'shardId-000000000003',
  sequenceNumber,
  partitionKey: 'p',
  data: Buffer.from(text),
  approximateArrivalTimestamp: at,
})

const records = [
  stored('490', 'secret one', 1_800_000_000_000),
  stored('491', 'secret two', 1_800_000_001_500),
]

const batch: DiscardedBatch = {
  reason: 'RetryAttemptsExhausted',
  functionName: 'write',
  region: 'us-east-1',
  streamArn,
  records,
  event: { Records: records.map((record) => toKinesisRecord(record, streamArn, 'us-east-1')) },
  invocations: 11,
  result: { ok: false, kind: 'error', error: { errorType: 'Error', errorMessage: 'no' } },
  time: 1_800_000_100_123,
}

const facts = {
  requestContext: {
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:write',
    condition: 'RetryAttemptsExhausted',
    approximateInvokeCount: 11,
  },
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  version: '1.0',
  timestamp: '2027-01-15T08:01:40.123Z',
  KinesisBatchInfo: {
    shardId: 'shardId-000000000003',
    startSequenceNumber: '490',
    endSequenceNumber: '491',
    approximateArrivalOfFirstRecord: '2027-01-15T08:00:00.000Z',
    approximateArrivalOfLastRecord: '2027-01-15T08:00:01.500Z',
    batchSize: 2,
    streamArn,
  },
}

it('sends the positions of the records to a queue, but not their data', async () => {
  const queues = [{ name: 'failed', visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }]
  const engine = await startQueues({ queues })
  onTestFinished(() => engine.stop())
  const { endpoint, region } = engine
  await queueDestination({ queueUrl: engine.queueUrl('failed'), endpoint, region }).send(batch)
  const [message] = await engine.messages('failed')
  expect(JSON.parse(message?.body ?? '')).toEqual(facts)
  await expect(
    queueDestination({ queueUrl: engine.queueUrl('none'), endpoint, region }).send(batch),
  ).rejects.toMatchObject({ name: 'QueueDoesNotExist' })
})

it('stores complete records in a bucket, under the names that Lambda uses', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-bucket-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const bucket = bucketDestination(join(folder, 'failed'))
  await bucket.send(batch)
  await bucket.send({ ...batch, result: { ok: true, payload: null } })
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  expect(files).toHaveLength(2)
  const names = files.map((file) => file.slice(folder.length + 1).replaceAll(sep, '/'))
  const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
  const shape = new RegExp(
    `^failed/aws/lambda/${uuid}/shardId-000000000003/2027/01/15/2027-01-15T08\\.01\\.40-${uuid}$`,
  )
  for (const name of names) expect(name).toMatch(shape)
  const objects = await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8'))))
  const failed = objects.find(({ responseContext }) => responseContext.functionError !== undefined)
  const { payload, ...rest } = failed
  expect(rest).toEqual(facts)
  expect(JSON.parse(payload)).toEqual(batch.event)
})
