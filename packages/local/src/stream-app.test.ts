import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineApp } from '@spillway/planner'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startLocal } from './start-local.ts'

const kinesisClient = fileURLToPath(import.meta.resolve('@aws-sdk/client-kinesis'))

const source = `
import { existsSync, writeFileSync } from 'node:fs'
import { KinesisClient, PutRecordsCommand } from ${JSON.stringify(kinesisClient)}

const kinesis = new KinesisClient({})
export const put = async (event) => {
  const Records = JSON.parse(event.body).map((text) => ({ PartitionKey: text, Data: Buffer.from(text) }))
  const { FailedRecordCount } = await kinesis.send(new PutRecordsCommand({ StreamName: process.env.STREAM, Records }))
  return { statusCode: FailedRecordCount === 0 ? 202 : 503 }
}

/** True for the first call of all environments. */
const once = (name) => {
  if (existsSync(name)) return false
  writeFileSync(name, '')
  return true
}
export const read = async ({ Records }) => {
  const texts = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString())
  if (texts.includes('crash') && once('crashed')) process.exit(3)
  if (texts.includes('hang') && once('hung')) await new Promise((resolve) => setTimeout(resolve, 60_000))
  if (texts.includes('poison')) throw new Error('poison')
  console.log('done ' + texts)
}`

async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-stream-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'handlers.js'), source)
  const app = defineApp({
    name: 'telemetry',
    streams: { readings: { shards: 1 } },
    functions: {
      ingest: {
        entry: './handlers.js',
        handler: 'put',
        http: 'POST /readings',
        environment: ({ streamName }) => ({ STREAM: streamName('readings') }),
      },
      write: {
        entry: './handlers.js',
        handler: 'read',
        stream: 'readings',
        batchSize: 10,
        timeout: 2,
        maximumRetryAttempts: 2,
      },
    },
  })
  const lines: string[] = []
  const problems: unknown[] = []
  const local = await startLocal(
    { app, folder },
    { onLog: ({ text }) => lines.push(text), onProblem: (problem) => problems.push(problem) },
  )
  onTestFinished(() => local.stop())
  const post = async (...texts: readonly string[]) => {
    const response = await fetch(`${local.url}/readings`, { method: 'POST', body: JSON.stringify(texts) })
    expect(response.status).toBe(202)
  }
  return { local, lines, problems, post }
}

const until = { timeout: 20_000, interval: 50 }

it('stores records from HTTP in a stream, and delivers them to the function that reads it', async () => {
  const { local, lines, problems, post } = await start()
  await post('a', 'b')
  await vi.waitFor(() => expect(lines).toContain('done a,b'), until)
  // Now both functions are frozen, and so is the HTTP/2 connection of the client.
  await post('c')
  await vi.waitFor(() => expect(lines).toContain('done c'), until)

  await post('crash', 'd')
  await vi.waitFor(() => expect(lines).toContain('done crash'), until)
  await post('hang', 'e')
  await vi.waitFor(() => expect(lines).toContain('done e'), until)
  expect(problems).toEqual([])

  await post('f', 'poison', 'g')
  await vi.waitFor(() => expect(lines).toContain('done g'), until)
  const done = lines.filter((line) => line.startsWith('done ')).flatMap((line) => line.slice(5).split(','))
  expect(done).toEqual(['a', 'b', 'c', 'crash', 'd', 'hang', 'e', 'f', 'g'])
  expect(problems).toMatchObject([{ function: 'write', code: 'batch-discarded' }])

  const { streams } = await local.state()
  const reader = streams.readings?.readers.write
  expect(streams).toEqual({ readings: { shards: 1, records: 10, readers: { write: reader } } })
  expect(reader).toMatchObject({ iteratorAge: 0, backlog: 0, succeeded: 9, discarded: 1 })
  expect(problems).toMatchObject([{ message: expect.stringContaining(`is at ${reader?.onFailure}`) }])
  const files = await readdir(reader?.onFailure ?? '', { recursive: true, withFileTypes: true })
  const [object, ...others] = files.filter((file) => file.isFile())
  expect(others).toEqual([])
  const { payload } = JSON.parse(await readFile(join(object?.parentPath ?? '', object?.name ?? ''), 'utf8'))
  expect(JSON.parse(payload).Records[0].kinesis.data).toBe(Buffer.from('poison').toString('base64'))

  const { records } = (await get(`${local.control.url}/api/streams/readings/records`)).body
  expect(records).toHaveLength(10)
  expect(records[0]).toMatchObject({ shardId: 'shardId-000000000000', partitionKey: 'a', data: 'YQ==' })
  expect((await get(`${local.control.url}/api/streams/reading/records`)).status).toBe(404)
  expect((await get(`${local.control.url}/api/endpoints`)).body).toStrictEqual({
    region: 'us-east-1',
    sqs: local.queues.endpoint,
    kinesis: local.streams?.endpoint,
    queues: local.app.queues.map(({ name, deadLetterQueue }) => ({
      name,
      url: local.queues.queueUrl(name),
      deadLetterQueue: deadLetterQueue ?? null,
    })),
    streams: ['readings'],
  })
})

async function get(url: string) {
  const response = await fetch(url)
  return { status: response.status, body: (await response.json()) as { records: readonly object[] } }
}
