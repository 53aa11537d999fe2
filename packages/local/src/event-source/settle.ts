import type { Clock } from '@spillway/message/internal'
import type { InvocationResult } from '../functions/index.ts'
import { describeEvent } from '../report/describe-event.ts'
import { readBatchResponse } from './batch-response.ts'
import type { QueueClient } from './queue-client.ts'
import type { SqsRecord } from './record.ts'
import type { EventSourceProblem } from './types.ts'

/** What {@link createSettle} takes. */
export interface SettleOptions {
  readonly client: QueueClient
  readonly clock: Clock
  /** The records of each batch are added to these counts. */
  readonly counts: { succeeded: number; failed: number }
  report(code: EventSourceProblem['code'], message: string): void
}

const partialFailures =
  'returned batchItemFailures: on AWS the event source mapping needs FunctionResponseTypes: [ReportBatchItemFailures], or Lambda deletes these messages'

const attempts = 3
/** Milliseconds before the second attempt; twice as long before the third. */
const pause = 100
const parallel = 8

const describe = (records: readonly SqsRecord[]) => describeEvent({ Records: records })

/**
 * Creates a function that settles a batch after its invocation: it deletes the records that succeeded and resolves with
 * those that failed.
 */
export function createSettle({ client, clock, counts, report }: SettleOptions) {
  let hasReturnedFailures = false

  /** Reads the response; returns the ids of the records that failed. */
  function failedIds(records: readonly SqsRecord[], payload: unknown): ReadonlySet<string> {
    const ids = records.map((record) => record.messageId)
    const { failed, problem } = readBatchResponse(ids, payload)
    if (problem !== undefined) {
      report('response-malformed', `the whole batch failed: ${problem}; ${describe(records)}`)
    } else if (failed.size > 0 && !hasReturnedFailures) {
      hasReturnedFailures = true
      report('partial-failures', partialFailures)
    }
    return failed
  }

  return async function settle(
    records: readonly SqsRecord[],
    result: InvocationResult,
  ): Promise<readonly SqsRecord[]> {
    if (!result.ok) {
      counts.failed += records.length
      if (result.kind === 'throttle') {
        report(
          'batch-dropped',
          `throttled until the visibility time-out passed: the queue delivers them again; ${describe(records)}`,
        )
      }
      return records
    }
    const failed = failedIds(records, result.payload)
    const succeeded = records.filter((record) => !failed.has(record.messageId))
    counts.succeeded += succeeded.length
    counts.failed += failed.size
    const left = await deleteRecords(client, clock, succeeded)
    if (left.length > 0) {
      report('delete-failed', `done but not deleted: they will be delivered again; ${describe(left)}`)
    }
    return records.filter((record) => failed.has(record.messageId))
  }
}

/** Deletes records, ten per request, with three attempts. Resolves with those that could not be deleted. */
async function deleteRecords(
  client: QueueClient,
  clock: Clock,
  records: readonly SqsRecord[],
): Promise<readonly SqsRecord[]> {
  const tens = Array.from({ length: Math.ceil(records.length / 10) }, (_, index) =>
    records.slice(index * 10, index * 10 + 10),
  )
  const left: SqsRecord[] = []
  async function work(): Promise<void> {
    for (let ten = tens.shift(); ten !== undefined; ten = tens.shift()) {
      left.push(...(await deleteTen(client, clock, ten)))
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, tens.length) }, work))
  return left
}

async function deleteTen(
  client: QueueClient,
  clock: Clock,
  records: readonly SqsRecord[],
): Promise<readonly SqsRecord[]> {
  let left = records
  for (let attempt = 1; ; attempt++) {
    const tried = left
    left = await client.remove(tried).catch(() => tried)
    if (left.length === 0 || attempt === attempts) return left
    await clock.sleep(pause * attempt)
  }
}
