import { type Backoff, type Clock, fullJitter } from '@spillway/message/internal'
import type { FailureDestination } from './destination.ts'
import type { LaneRecord } from './lane.ts'
import type { DiscardFacts } from './run-batch.ts'
import type { StreamSourceProblem } from './types.ts'

/** What {@link createDiscard} takes. */
export interface DiscardContext {
  readonly destination: FailureDestination | undefined
  readonly functionName: string
  readonly streamArn: string
  readonly region: string
  readonly clock: Clock
  readonly signal: AbortSignal
  report(code: StreamSourceProblem['code'], message: string): void
}

const backoff: Backoff = { base: 200, cap: 10_000 }

/**
 * Creates a function that discards records: it sends them to the destination, retries until that succeeds, and reports
 * it. It resolves with `false` when the signal aborts before that.
 */
export function createDiscard(context: DiscardContext) {
  const { destination, functionName, streamArn, region, clock, signal, report } = context

  return async (records: readonly LaneRecord[], facts: DiscardFacts): Promise<boolean> => {
    const batch = {
      ...facts,
      functionName,
      streamArn,
      region,
      records: records.map(({ stored }) => stored),
      event: { Records: records.map(({ record }) => record) },
      time: clock.now(),
    }
    const [first] = batch.records
    const where = `a batch of ${first?.shardId} (${records.length} from ${first?.sequenceNumber} on)`
    for (let attempt = 1; ; attempt += 1) {
      try {
        await destination?.send(batch)
        break
      } catch (error) {
        if (attempt === 1)
          report('destination-failed', `${where} cannot be sent to onFailure: ${String(error)}`)
        await clock.sleep(fullJitter(backoff, attempt, 0.5 + Math.random() / 2), signal)
        if (signal.aborted) return false
      }
    }
    const place = destination?.place ?? 'the onFailure destination'
    const fate = destination === undefined ? 'lost: there is no onFailure' : `at ${place}`
    report('batch-discarded', `${where} was discarded (${facts.reason}) and is ${fate}`)
    return true
  }
}
