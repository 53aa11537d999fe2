import { type Clock, systemClock } from '@spillway/message/internal'
import { createReport } from '../event-source/create-report.ts'
import { describeEvent } from '../report/describe-event.ts'
import { requireNode } from '../require-node.ts'
import { retention, type ShardReader } from '../streams/index.ts'
import { checkStreamSpec } from './check-spec.ts'
import { createDiscard } from './discard.ts'
import { type LaneRecord, startLane } from './lane.ts'
import { type ReadShard, readShard } from './read-shard.ts'
import { createRunner } from './run-batch.ts'
import type { StreamSource, StreamSourceOptions, StreamSourceProblem, StreamSourceSpec } from './types.ts'

/** Milliseconds that {@link StreamSource.stop} waits for invocations. */
const stopTimeout = 2000

const partialFailures =
  'returned batchItemFailures: on AWS the event source mapping needs FunctionResponseTypes: [ReportBatchItemFailures], or Lambda treats these records as done'

/**
 * Starts an event source mapping with `ReportBatchItemFailures` that behaves as Lambda's on a stream (Lambda developer
 * guide, "Using Lambda to process records from Amazon Kinesis"), from the oldest record on (`TRIM_HORIZON`). Each shard
 * has `parallelizationFactor` lanes. A lane runs one batch at a time and retries a failed batch before later records,
 * until it is done, or discarded and sent to the destination. Throttles are not failures and do not count as retries.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for a mapping that Lambda would reject.
 */
export function startStreamSource(spec: StreamSourceSpec, options: StreamSourceOptions): StreamSource {
  requireNode()
  checkStreamSpec(spec)
  const { clock = systemClock } = options
  const stopping = new AbortController()
  const counts = { invoking: 0, batches: 0, succeeded: 0, failed: 0, discarded: 0 }
  const report = createReport(options.onProblem)
  const startShard = shardStarter({ spec, options, clock, signal: stopping.signal, counts, report })
  const shards = spec.readers.map(startShard)
  let stopped: Promise<void> | undefined

  async function shutDown(): Promise<void> {
    stopping.abort()
    const waited = new AbortController()
    const ended = Promise.all(shards.map((shard) => shard.ended))
    await Promise.race([ended, systemClock.sleep(stopTimeout, waited.signal)])
    waited.abort()
  }

  return Object.freeze({
    state() {
      const oldest = shards.flatMap(({ shard }) => shard.oldest() ?? [])
      return {
        iteratorAge: oldest.length === 0 ? 0 : Math.max(0, clock.now() - Math.min(...oldest)),
        backlog: shards.reduce((sum, { shard }) => sum + shard.backlog(), 0),
        ...counts,
      }
    },
    stop() {
      stopped ??= shutDown()
      return stopped
    },
  })
}

/** What the shards of a mapping share. */
interface ShardContext {
  readonly spec: StreamSourceSpec
  readonly options: StreamSourceOptions
  readonly clock: Clock
  /** Aborts when the event source stops. */
  readonly signal: AbortSignal
  readonly counts: { invoking: number; batches: number; succeeded: number; failed: number; discarded: number }
  report(code: StreamSourceProblem['code'], message: string): void
}

/** Creates a function that starts the reading of one shard. */
function shardStarter({ spec, options, clock, signal, counts, report }: ShardContext) {
  const { streamArn, region, batchSize = 100, batchingWindow = 0, parallelizationFactor = 1 } = spec
  const { function: fn, onFailure: destination } = options
  const discard = createDiscard({
    destination,
    functionName: fn.name,
    streamArn,
    region,
    clock,
    signal,
    report,
  })
  const listeners = createListeners(counts, report)

  return function startShard(reader: ShardReader) {
    function finish(records: readonly LaneRecord[]): void {
      for (const { stored } of records) shard.done(stored)
    }
    const run = createRunner({
      function: fn,
      clock,
      signal,
      ...retryLimits(spec),
      ...listeners,
      onDone(records) {
        counts.succeeded += records.length
        finish(records)
      },
      async discard(records, facts) {
        if (!(await discard(records, facts))) return
        counts.discarded += records.length
        finish(records)
      },
    })
    const lanes = Array.from({ length: parallelizationFactor }, () =>
      startLane({ streamArn, region, batchSize, batchingWindow, clock, signal, run }),
    )
    const shard: ReadShard = readShard({ reader, lanes, clock, signal })
    return { shard, ended: Promise.all([shard.ended, ...lanes.map(({ ended }) => ended)]) }
  }
}

/** The listeners of all shards: they count, and report problems to the developer. */
function createListeners(counts: ShardContext['counts'], report: ShardContext['report']) {
  let hasReturnedFailures = false
  return {
    onInvocation(running: boolean): void {
      counts.invoking += running ? 1 : -1
      if (running) counts.batches += 1
    },
    onFailed(records: readonly LaneRecord[]): void {
      counts.failed += records.length
    },
    onMalformed(problem: string, records: readonly LaneRecord[]): void {
      const origin = describeEvent({ Records: records.map(({ record }) => record) })
      report('response-malformed', `the response is malformed: ${problem}; ${origin}`)
    },
    onReturned(): void {
      if (!hasReturnedFailures) report('partial-failures', partialFailures)
      hasReturnedFailures = true
    },
  }
}

/** When a failed batch is retried as a whole, in halves, or not at all. */
function retryLimits(spec: StreamSourceSpec) {
  const {
    bisectBatchOnFunctionError: bisect = false,
    maximumRetryAttempts: retries = -1,
    maximumRecordAgeInSeconds: age = -1,
  } = spec
  return {
    bisect,
    maximumRetries: retries < 0 ? Number.POSITIVE_INFINITY : retries,
    // Lambda cannot read a record again that the stream has deleted.
    maximumAge: age < 0 ? retention : Math.min(retention, age * 1000),
  }
}
