import type { Logger, Telemetry, Writer } from '@spillway/message'
import {
  consoleLogger,
  createMessage,
  defineMessage,
  encodeMessage,
  type ParkReason,
  type RecordSource,
  type SourceRecord,
} from '@spillway/message'
import * as z from 'zod'
import { type BatchOptions, batch, type EachRecord, type Route, type RoutesOptions } from '../index.ts'
import { type DrivenClock, drivenClock } from './driven-clock.ts'
import { keepSummaries } from './keep-summaries.ts'

/** The message of the tests. */
export const order = defineMessage({
  name: 'order',
  schema: z.object({ id: z.string() }),
  key: (body) => body.id,
})

/** The body of {@link order}. */
export type Order = { readonly id: string }

/** A record with an order, in its own lane. */
export function orderRecord(id: string, change: Partial<SourceRecord> = {}): SourceRecord {
  const body = encodeMessage(createMessage(order, { id }, { time: new Date(0) }))
  return { id, lane: `lane of ${id}`, receiveCount: 1, body, ...change }
}

/** A logger that writes nothing. */
export const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Options of {@link virtualRun}. */
export interface VirtualRun {
  /** Default: {@link order}. */
  readonly definition?: typeof order
  readonly records: readonly SourceRecord[]
  /** A handler of orders, or routes. */
  readonly handler: Writer<Order> | EachRecord<Order> | readonly Route[]
  readonly options?: BatchOptions<Order> & Pick<RoutesOptions, 'otherwise'>
  /** Further properties of the source. */
  readonly source?: Pick<RecordSource, 'decode' | 'findParked'>
  /** The time of the invocation in milliseconds. Default 30,000. */
  readonly timeout?: number
  readonly checkpoint?: boolean
  readonly maximumLoadBytes?: number
  /** Default: resolves at once. */
  park?(record: SourceRecord): Promise<void>
  /** Default: resolves at once. */
  delay?(): Promise<void>
  readonly clock?: DrivenClock
  readonly signal?: AbortSignal
}

/** Runs an invocation in virtual time, to its end. */
export async function virtualRun(run: VirtualRun) {
  const { definition = order, records, handler, options = {}, timeout = 30_000, checkpoint = false } = run
  const { clock = drivenClock() } = run
  const parked: { readonly id: string; readonly reason: ParkReason }[] = []
  const delayed: Record<string, number> = {}
  const source: RecordSource = {
    records,
    checkpoint,
    ...run.source,
    ...(run.maximumLoadBytes !== undefined && { maximumLoadBytes: run.maximumLoadBytes }),
    async park(record, reason) {
      await run.park?.(record)
      parked.push({ id: record.id, reason })
    },
    async delay(delays) {
      await run.delay?.()
      for (const { record, seconds } of delays) delayed[record.id] = seconds
    },
  }
  const startedAt = clock.now()
  const context = { getRemainingTimeInMillis: () => timeout - (clock.now() - startedAt) }
  const { summaries, logger } = keepSummaries(
    'logger' in options ? (options.logger ?? consoleLogger) : silent,
  )
  const { held, telemetry } = keepHeld()
  const all = { clock, random: () => 0.5, telemetry, ...options, logger }
  const handle = isRoutes(handler) ? batch(handler, all as RoutesOptions) : batch(definition, handler, all)
  const invocation = handle({ source }, context, run.signal && { signal: run.signal })
  let settled: readonly PromiseSettledResult<undefined>[] | undefined
  let thrown: unknown
  let isOver = false
  let took = 0
  invocation
    .then(
      (results) => {
        settled = results
      },
      (error: unknown) => {
        thrown = error
      },
    )
    .finally(() => {
      isOver = true
      took = clock.now() - startedAt
    })
  for (let step = 0; !isOver; step++) {
    if (step > 10_000) throw new Error('the invocation does not end')
    await clock.next()
  }
  if (settled === undefined) throw thrown
  const results = settled
  const failed = records.filter((_, index) => results[index]?.status !== 'fulfilled').map(({ id }) => id)
  return { settled, failed, parked, delayed, summary: summaries[0], summaries, held: held(), took }
}

/** A telemetry that keeps the metric `spillway.batch.held`. */
function keepHeld(): { held(): number | undefined; readonly telemetry: Telemetry } {
  let held: number | undefined
  return {
    held: () => held,
    telemetry: {
      count: () => undefined,
      duration(name, milliseconds) {
        if (name === 'spillway.batch.held') held = milliseconds
      },
    },
  }
}

function isRoutes(handler: VirtualRun['handler']): handler is readonly Route[] {
  return Array.isArray(handler)
}
