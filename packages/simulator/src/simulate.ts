import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { BreakerOptions } from '@spillway/breaker'
import type { SqsClient } from '@spillway/sqs'
import {
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
} from './control-plane/control-plane.ts'
import { type AlarmOptions, type OutsideWorld, startAlarm, startProbes } from './control-plane/outside.ts'
import { createFacts } from './facts.ts'
import {
  createFunctions,
  type EnvironmentFacts,
  type Functions,
  type Handler,
} from './functions/functions.ts'
import { keyOf } from './handlers/row-message.ts'
import { writeRows } from './handlers/write-rows.ts'
import { createQueueClient } from './queue/client.ts'
import { toQueueEvent } from './queue/event.ts'
import { createMapping, type Mapping, type MappingOptions } from './queue/mapping.ts'
import { createQueue, type QueueOptions } from './queue/queue.ts'
import { createSentMessages } from './queue/sent-messages.ts'
import type { QueueReport } from './report.ts'
import { seeded } from './time/random.ts'
import { createVirtualClock, type VirtualClock } from './time/virtual-clock.ts'
import { send } from './traffic.ts'
import { createWorld, defaultRest, start, type WorldEnvironment, type WorldOptions } from './world.ts'

/** The options of a simulated breaker. */
export interface SimulatedBreaker
  extends Pick<BreakerOptions, 'threshold' | 'healthyPeriod' | 'checkTimeout'> {
  /**
   * The check of the probe: `select 1`, whether the server is writable (`checkWritable`), or writing a row. Default
   * `writable`.
   */
  readonly check?: 'select 1' | 'writable' | 'writes'
  /** How many milliseconds its clock is ahead of the others; may be a fraction. Default 0. */
  readonly clockAhead?: number
}

/** What the execution environment passes to a handler of a queue, in addition to the event. */
export interface Environment extends WorldEnvironment {
  readonly queueName: string
  readonly sqs: SqsClient
  readonly lambda: Pick<LambdaClient, 'send'>
  readonly breaker: SimulatedBreaker | undefined
}

/** What {@link simulate} takes. */
export interface Simulation extends WorldOptions {
  readonly queue: QueueOptions
  readonly mapping: MappingOptions
  /** Default: `writeRows()`. */
  readonly handler?: (environment: Environment) => Handler
  /** Default: none. */
  readonly breaker?: SimulatedBreaker
  readonly controlPlane?: ControlPlaneOptions
  /** An alarm that opens the breaker. Default: none. */
  readonly alarm?: AlarmOptions
  /** Default true. */
  readonly mayChangeVisibility?: boolean
}

/** How long the simulation continues after the queue is empty, so that the breaker can close. Milliseconds. */
const breakerTime = 600_000

/**
 * Sends messages to a queue whose event source mapping invokes a function that writes them to a database. It uses a
 * virtual clock and a seeded random source, so the same options give the same report.
 */
export async function simulate(simulation: Simulation): Promise<QueueReport> {
  const { seed = 1, duration, rest = defaultRest, outages = [], handler = writeRows() } = simulation
  const { fifo = false } = simulation.queue
  const queueName = fifo ? 'rows.fifo' : 'rows'
  const clock = createVirtualClock(start)
  const world = createWorld(simulation, clock)
  const facts = createFacts(start, outages)
  const queue = createQueue(simulation.queue, clock.now, {
    dead: () => facts.dead(clock.now()),
    expired: () => facts.expired(),
  })
  const sent = createSentMessages(queue, clock)
  const controlPlane = simulatedControlPlane(simulation, clock, (change) => mapping.set(change))

  function toEnvironment(environment: EnvironmentFacts): Environment {
    const { mayChangeVisibility = true, breaker } = simulation
    const { changeVisibility } = sent
    const sqs = createQueueClient(environment.clock, {
      mayChangeVisibility,
      changeVisibility,
      park: facts.park,
    })
    const lambda = controlPlane.client(environment.clock)
    return { ...world.toEnvironment(environment), queueName, sqs, lambda, breaker }
  }

  const functions = createFunctions(simulation.function, clock, seed, (environment) =>
    handler(toEnvironment(environment)),
  )
  const mapping = createMapping(simulation.mapping, {
    clock,
    queue,
    functions,
    idOf: ({ number }) => keyOf(number),
    toEvent: (batch) => toQueueEvent(batch, queueName, fifo),
    deleted: (done) => facts.done(done, clock.now()),
  })
  const random = seeded(seed, 'traffic')
  send(simulation.traffic, duration, { clock, random, send: sent.send, sent: mapping.wake })
  startOutside(simulation, functions, { clock, seed, toEnvironment })

  const isOver = () => queue.size === 0 && controlPlane.state === 'Enabled'
  await runToEnd(clock, { duration, rest, isOver, extra: simulation.breaker === undefined ? 0 : breakerTime })

  return {
    accepted: sent.count,
    left: queue.size,
    ...world.toReport(functions),
    ...facts.toReport(sent.receiveCounts()),
    controlPlane: { ...controlPlane.usage },
    mapping: { maximumConcurrency: controlPlane.maximumConcurrency, state: controlPlane.state },
  }
}

function simulatedControlPlane(
  { seed = 1, controlPlane = {}, mapping }: Simulation,
  clock: VirtualClock,
  set: Mapping['set'],
): ControlPlane {
  const random = seeded(seed, 'control plane')
  return createControlPlane(controlPlane, mapping.maximumConcurrency, { set }, clock, random)
}

/** Starts the probe of the breaker and the alarm, if the simulation has them. */
function startOutside({ breaker, alarm }: Simulation, functions: Functions, outside: OutsideWorld): void {
  if (breaker !== undefined) startProbes(outside)
  if (alarm !== undefined) startAlarm(alarm, functions, outside)
}

interface Run {
  /** Seconds of traffic. */
  readonly duration: number
  /** The most seconds after that. */
  readonly rest: number
  isOver(): boolean
  /** Milliseconds to continue at the end. */
  readonly extra: number
}

async function runToEnd(clock: VirtualClock, { duration, rest, isOver, extra }: Run): Promise<void> {
  await clock.runUntil(start + duration * 1000)
  const end = start + (duration + rest) * 1000
  while (!isOver() && clock.now() < end) await clock.runUntil(Math.min(end, clock.now() + 60_000))
  if (extra > 0) await clock.runUntil(clock.now() + extra)
}
