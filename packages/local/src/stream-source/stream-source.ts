import { systemClock } from '@spillway/message/internal'
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
const patience = 2000

const partialFailures =
  'returned batchItemFailures: on AWS the event source mapping needs FunctionResponseTypes: [ReportBatchItemFailures], or Lambda goes on as if these records were done'

/**
 * Starts an event source mapping with `ReportBatchItemFailures`, as Lambda runs it on a stream (Lambda developer guide,
 * "Using Lambda to process records from Amazon Kinesis"), from the oldest record on (`TRIM_HORIZON`). Each shard has
 * `parallelizationFactor` lanes. A lane runs one batch at a time and tries what failed again before what comes after,
 * until it is done, or given up and at the destination. Throttles are no failures: they use up no retry.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for a mapping that Lambda would refuse.
 */
export function startStreamSource(spec: StreamSourceSpec, options: StreamSourceOptions): StreamSource {
  requireNode()
  checkStreamSpec(spec)
  const { streamArn, region, batchSize = 100, batchingWindow = 0, parallelizationFactor = 1 } = spec
  const {
    bisectBatchOnFunctionError = false,
    maximumRetryAttempts = -1,
    maximumRecordAgeInSeconds = -1,
  } = spec
  const { function: fn, clock = systemClock, onFailure } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const counts = { invoking: 0, batches: 0, succeeded: 0, failed: 0, discarded: 0 }
  let hasReturnedFailures = false
  let stopped: Promise<void> | undefined

  function report(code: StreamSourceProblem['code'], message: string): void {
    try {
      options.onProblem?.({ code, message })
    } catch {
      // A listener's fault must not stop the deliveries.
    }
  }

  function startShard(reader: ShardReader) {
    const discard = createDiscard({
      destination: onFailure,
      functionName: fn.name,
      streamArn,
      region,
      clock,
      signal,
      report,
    })
    const run = createRunner({
      function: fn,
      clock,
      signal,
      bisect: bisectBatchOnFunctionError,
      maximumRetries: maximumRetryAttempts < 0 ? Number.POSITIVE_INFINITY : maximumRetryAttempts,
      // What the stream does not keep any more, Lambda cannot read again.
      maximumAge:
        maximumRecordAgeInSeconds < 0 ? retention : Math.min(retention, maximumRecordAgeInSeconds * 1000),
      onInvocation(running) {
        counts.invoking += running ? 1 : -1
        if (running) counts.batches += 1
      },
      onDone(records) {
        counts.succeeded += records.length
        finish(records)
      },
      onFailed(records) {
        counts.failed += records.length
      },
      onMalformed(problem, records) {
        const origin = describeEvent({ Records: records.map(({ record }) => record) })
        report('response-malformed', `the response is malformed: ${problem}; ${origin}`)
      },
      onReturned() {
        if (!hasReturnedFailures) report('partial-failures', partialFailures)
        hasReturnedFailures = true
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
    function finish(records: readonly LaneRecord[]): void {
      for (const { stored } of records) shard.done(stored)
    }
    return { shard, ended: Promise.all([shard.ended, ...lanes.map(({ ended }) => ended)]) }
  }

  const shards = spec.readers.map(startShard)

  async function shutDown(): Promise<void> {
    stopping.abort()
    const waited = new AbortController()
    const ended = Promise.all(shards.map((shard) => shard.ended))
    await Promise.race([ended, systemClock.sleep(patience, waited.signal)])
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
