import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { virtualClock } from '../../../../sqs/src/testing/virtual-clock.ts'
import type { InvocationResult } from '../../functions/index.ts'
import { type StreamEngine, startStreams } from '../../streams/index.ts'
import type { DiscardedBatch, FailureDestination } from '../destination.ts'
import { startStreamSource } from '../index.ts'
import type { KinesisRecord } from '../record.ts'
import type { StreamSource, StreamSourceProblem, StreamSourceSpec } from '../types.ts'

/** The handler of a test. It returns its response, or the result of the invocation. */
export type Handler = (texts: readonly string[], records: readonly KinesisRecord[]) => unknown

/** The text of a record. */
export const textOf = ({ kinesis }: KinesisRecord) => Buffer.from(kinesis.data, 'base64').toString()

/** A failed invocation. */
export const failure = (kind: 'error' | 'timeout' | 'crash' | 'throttle'): InvocationResult => ({
  ok: false,
  kind,
  error: { errorType: 'Test', errorMessage: 'as the test asks' },
})

/** A response in which the records with these texts failed. */
export const failing = (records: readonly KinesisRecord[], ...texts: readonly string[]) => ({
  batchItemFailures: records
    .filter((record) => texts.includes(textOf(record)))
    .map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber })),
})

/** A stream with a mapping, in virtual time. `maxBytes` limits the memory of the stream. */
export async function streamRun(shards = 1, maxBytes = 268_435_456) {
  const clock = virtualClock()
  const engine: StreamEngine = await startStreams({
    streams: [{ name: 'readings', shards }],
    clock,
    maxBytes,
  })
  const client = clientOf(engine)
  const { batches, events, invoke } = recordInvocations()
  const problems: StreamSourceProblem[] = []
  const discarded: DiscardedBatch[] = []
  const memory: FailureDestination = { send: async (batch) => void discarded.push(batch) }
  let source: StreamSource | undefined

  return {
    clock,
    engine,
    batches,
    events,
    problems,
    discarded,
    /** Puts each text, with its first character as the partition key. */
    async put(...texts: readonly string[]): Promise<void> {
      const Records = texts.map((text) => ({ PartitionKey: text.slice(0, 1), Data: Buffer.from(text) }))
      const { FailedRecordCount } = await client.send(
        new PutRecordsCommand({ StreamName: 'readings', Records }),
      )
      if (FailedRecordCount !== 0) throw new Error('the stream did not take them')
    },
    start(
      handler: Handler,
      spec: Partial<StreamSourceSpec> = {},
      onFailure: FailureDestination | null = memory,
    ): StreamSource {
      const { region } = engine
      const mapping = { readers: engine.readers('readings'), streamArn: engine.streamArn('readings'), region }
      source = startStreamSource(
        { ...mapping, ...spec },
        {
          function: { name: 'write', invoke: (event) => invoke(handler, event) },
          clock,
          ...(onFailure && { onFailure }),
          onProblem: (problem) => problems.push(problem),
        },
      )
      return source
    },
    async stop(): Promise<void> {
      client.destroy()
      await source?.stop()
      await engine.stop()
    },
  }
}

/** Invokes handlers, and keeps what they get. */
function recordInvocations() {
  const batches: (readonly string[])[] = []
  const events: (readonly KinesisRecord[])[] = []
  return {
    batches,
    events,
    async invoke(handler: Handler, event: unknown): Promise<InvocationResult> {
      const { Records } = event as { readonly Records: readonly KinesisRecord[] }
      const texts = Records.map(textOf)
      batches.push(texts)
      events.push(Records)
      const result = await handler(texts, Records)
      return isResult(result) ? result : { ok: true, payload: result }
    },
  }
}

function clientOf({ endpoint, region }: StreamEngine): KinesisClient {
  return new KinesisClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: new NodeHttpHandler(),
  })
}

function isResult(value: unknown): value is InvocationResult {
  return typeof value === 'object' && value !== null && 'ok' in value
}
