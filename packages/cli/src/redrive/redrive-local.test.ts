import { join } from 'node:path'
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import { type LocalEndpoints, loadApp, startLocal } from '@spillway/local'
import { expect, inject, it, onTestFinished, vi } from 'vitest'
import type { CopyRow } from '../parked/list-text.ts'
import { clientOf, send } from '../testing/dead-letters.ts'
import { inProcess } from '../testing/in-process.ts'
import { freePorts } from '../testing/processes.ts'

const example = (name: string) => join(import.meta.dirname, '..', '..', '..', '..', 'examples', name)

/** Runs the writer of an example as `spillway dev` does, and answers where its queues and streams are. */
async function startExample(name: string): Promise<LocalEndpoints> {
  const port = await freePorts()
  const { app, folder } = await loadApp(example(name))
  const functions = app.functions.filter((fn) => fn.name === 'write')
  const local = await startLocal({ app: { ...app, functions }, folder }, { port })
  onTestFinished(() => local.stop())
  vi.stubEnv('PORT', String(port))
  onTestFinished(() => void vi.unstubAllEnvs())
  const answer = await fetch(`http://127.0.0.1:${port + 1}/api/endpoints`)
  return (await answer.json()) as LocalEndpoints
}

const list = async (...args: string[]): Promise<readonly CopyRow[]> =>
  JSON.parse((await inProcess(['parked', 'list', '--json', ...args])).stdout)

// Each starts an app: `npm test` runs one, and `npm run test:soak` the other.
if (inject('soak')) {
  it('puts a record back into a stream of the local app, by the names of queue and stream', async () => {
    const { kinesis, region } = await startExample('telemetry')
    const client = new KinesisClient({
      endpoint: String(kinesis),
      region,
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    })
    onTestFinished(() => client.destroy())
    const Data = Buffer.from([255, 0, 254])
    await client.send(new PutRecordCommand({ StreamName: 'readings', PartitionKey: 'roof', Data }))
    const parkedOnce = (other?: string) =>
      vi.waitFor(
        async () => {
          const rows = await list('readings-parked')
          expect(rows).toMatchObject([{ code: 'SPILLWAY_ENVELOPE_INVALID', source: 'stream' }])
          expect(rows[0]?.id).not.toBe(other)
          return rows[0]
        },
        { timeout: 20_000, interval: 200 },
      )
    const first = await parkedOnce()
    const unknown = await inProcess(['redrive', 'readings-parked', '--to-stream', 'reading'])
    expect(unknown).toMatchObject({
      code: 1,
      stderr: "spillway: The local app has no stream 'reading'. Did you mean 'readings'? It has: readings.\n",
    })
    expect(
      await inProcess(['redrive', 'readings-parked', '--to-stream', 'readings', '--execute']),
    ).toMatchObject({
      code: 0,
      stdout: 'Redriven 1 copy to readings.\n',
    })
    // It is no envelope still, and is parked again, as it was and without its mark.
    const second = await parkedOnce(first?.id)
    const shown = await inProcess([
      'parked',
      'show',
      'readings-parked',
      '--id',
      String(second?.id),
      '--body',
      '--json',
    ])
    expect(JSON.parse(shown.stdout)).toMatchObject({
      body: Data.toString('base64'),
      bodyBytes: 3,
      bodyEncoding: 'base64',
    })
  })
} else {
  it('lists, shows and redrives what an app of `spillway dev` has parked, by the name of the queue', async () => {
    const { sqs, region, queues } = await startExample('orders')
    const client = clientOf({ endpoint: sqs, region })
    onTestFinished(() => client.destroy())
    const originalId = await send(
      client,
      queues.find(({ name }) => name === 'orders')?.url ?? '',
      'no envelope',
    )

    const parked = await vi.waitFor(
      async () => {
        const rows = await list()
        expect(rows).toMatchObject([{ code: 'SPILLWAY_ENVELOPE_INVALID', originalId }])
        return rows
      },
      { timeout: 20_000, interval: 200 },
    )
    const shown = await inProcess(['parked', 'show', 'orders-dlq', '--id', originalId, '--body'])
    expect(shown.stdout).toContain('body\n  no envelope\n')

    expect(await inProcess(['redrive', 'orders-dlq', '--to', 'orders', '--execute'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Redriven 1 copy to http:.+\/orders\.\n$/),
    })
    // It is no envelope still, and is parked anew.
    await vi.waitFor(
      async () => {
        const rows = await list()
        expect(rows).toHaveLength(1)
        expect(rows[0]?.id).not.toBe(parked[0]?.id)
      },
      { timeout: 20_000, interval: 200 },
    )
    const unknown = await inProcess(['parked', 'list', 'order-dlq'])
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(unknown.stderr).toContain("The local app has no queue 'order-dlq'. Did you mean 'orders-dlq'?")
  })
}
