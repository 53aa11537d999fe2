import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { defineBench } from '@spillway/bench'
import { startStreams } from '@spillway/local/testing'
import type { EncodedMessage } from '@spillway/message'
import { kinesisTarget } from './index.ts'

const concurrency = 4

const messages: readonly EncodedMessage[] = Array.from({ length: 2000 }, (_, index) => ({
  key: `reading-${index}`,
  group: `sensor-${index % 50}`,
  body: JSON.stringify({ key: `reading-${index}`, name: 'reading.taken', body: { note: 'x'.repeat(400) } }),
}))

export const bench = defineBench({
  name: 'Bulk enqueue to a stream',
  about: `2,000 messages of about 490 bytes to a stream of eight shards, with the same client of the AWS SDK, on the embedded Kinesis in this process, whose work is in all of the times. Both send four requests of 500 records, ${concurrency} at once; a run with another number of requests is no result.`,
  operation: 'call with 2,000 messages',
  baseline: 'raw `PutRecords`',
  operations: 1,
  units: { name: 'message', count: messages.length },
  packages: ['@aws-sdk/client-kinesis'],
  async start() {
    let now = Date.now()
    let puts = 0
    const streams = ['target', 'raw'].map((name) => ({ name, shards: 8 }))
    const engine = await startStreams({
      streams,
      clock: { now: () => now },
      onPut() {
        puts++
        // Each put has the limits of a shard to itself, and what is stored is forgotten after 144 of them.
        now += 600_000
        return undefined
      },
    })
    const client = new KinesisClient({
      endpoint: engine.endpoint,
      region: engine.region,
      maxAttempts: 1,
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    })
    const target = kinesisTarget({ streamName: 'target', client, concurrency })
    const limit = { signal: new AbortController().signal, remainingTime: () => 60_000 }

    async function once(send: () => Promise<number>): Promise<void> {
      puts = 0
      const accepted = await send()
      if (accepted !== messages.length || puts !== 4)
        throw new Error(`${accepted} of ${messages.length} messages were accepted, in ${puts} requests.`)
    }
    return {
      contestants: [
        {
          name: '`kinesisTarget`',
          run: () =>
            once(async () => {
              const results = await target.send(messages, limit)
              return results.filter(({ status }) => status === 'accepted').length
            }),
        },
        { name: 'raw `PutRecords`', run: () => once(() => sendRaw(client)) },
      ],
      async stop() {
        client.destroy()
        await engine.stop()
      },
    }
  },
})

/** The least that can be done: packs of 500, some at once, and a look at what was taken. */
async function sendRaw(client: KinesisClient): Promise<number> {
  const packs = Array.from({ length: 4 }, (_, place) => messages.slice(place * 500, place * 500 + 500))
  const answers = await Promise.all(
    packs.map((pack) =>
      client.send(
        new PutRecordsCommand({
          StreamName: 'raw',
          Records: pack.map(({ key, group, body }) => ({
            Data: Buffer.from(body),
            PartitionKey: group ?? key,
          })),
        }),
      ),
    ),
  )
  return answers
    .flatMap(({ Records = [] }) => Records)
    .filter(({ SequenceNumber }) => SequenceNumber !== undefined).length
}
