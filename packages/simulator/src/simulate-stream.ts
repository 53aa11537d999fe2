import { createFacts } from './facts.ts'
import { createFunctions, type Handler } from './functions/functions.ts'
import { writeStreamRows } from './handlers/write-stream-rows.ts'
import type { Report } from './report.ts'
import { sequenceNumberOf, toStreamEvent } from './streams/event.ts'
import { createShardReader } from './streams/shard.ts'
import type { ShardOptions, StreamRecord } from './streams/types.ts'
import { seeded } from './time/random.ts'
import { createVirtualClock } from './time/virtual-clock.ts'
import { send } from './traffic.ts'
import { createWorld, defaultRest, start, type WorldEnvironment, type WorldOptions } from './world.ts'

/** What the execution environment passes to a handler of a stream, in addition to the event. */
export interface StreamEnvironment extends WorldEnvironment {
  /** A copy is sent to the dead-letter store with the code of the reason. */
  park(code: string): void
}

/** What {@link simulateStream} takes. */
export interface StreamSimulation extends WorldOptions {
  readonly stream: ShardOptions
  /** Default: `writeStreamRows()`. */
  readonly handler?: (environment: StreamEnvironment) => Handler
}

/** Like `simulate`, with a Kinesis stream instead of the queue. */
export async function simulateStream(simulation: StreamSimulation): Promise<Report> {
  const { seed = 1, duration, rest = defaultRest, outages = [], handler = writeStreamRows() } = simulation
  const { stream } = simulation
  const clock = createVirtualClock(start)
  const world = createWorld(simulation, clock)
  const facts = createFacts(start, outages)
  const records: StreamRecord[] = []
  const functions = createFunctions(simulation.function, clock, seed, (environment) =>
    handler({ ...world.toEnvironment(environment), park: facts.park }),
  )
  const readers = Array.from({ length: stream.shards * (stream.parallelizationFactor ?? 1) }, () =>
    createShardReader(stream, {
      clock,
      functions,
      toEvent: toStreamEvent,
      idOf: sequenceNumberOf,
      done: (some) => facts.done(some, clock.now()),
      failed: (some) => some.forEach(() => void facts.dead(clock.now())),
      expired: (some) => some.forEach(() => void facts.expired()),
    }),
  )
  const waiting = () => readers.reduce((sum, { size }) => sum + size, 0)
  send(simulation.traffic, duration, {
    clock,
    random: seeded(seed, 'traffic'),
    send(group) {
      const record = { number: records.length, sentAt: clock.now(), group, deliveries: 0 }
      records.push(record)
      readers[Number(group.slice(1)) % readers.length]?.put(record)
    },
    sent: () => undefined,
  })
  await clock.runUntil(start + duration * 1000)
  const end = start + (duration + rest) * 1000
  while (waiting() > 0 && clock.now() < end) await clock.runUntil(Math.min(end, clock.now() + 60_000))
  return {
    accepted: records.length,
    left: waiting(),
    ...world.toReport(functions),
    ...facts.toReport(records.map(({ deliveries }) => deliveries)),
  }
}
