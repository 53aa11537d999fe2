import { type ControlPlaneOptions, createControlPlane } from './control-plane/control-plane.ts'
import { createKysely } from './database/dialect.ts'
import { createServer, type DatabaseOptions, type DatabaseServer, type Outage } from './database/server.ts'
import { createFacts } from './facts.ts'
import {
  createFunctions,
  type EnvironmentFacts,
  type FunctionOptions,
  type Handler,
} from './functions/functions.ts'
import { keyOf } from './handlers/row-message.ts'
import { breakerOf, writeRows } from './handlers/write-rows.ts'
import { createQueueClient } from './queue/client.ts'
import { receiptOf, toQueueEvent } from './queue/event.ts'
import { createMapping, type Mapping, type MappingOptions } from './queue/mapping.ts'
import { createQueue, type QueueMessage, type QueueOptions } from './queue/queue.ts'
import { type Report, round } from './report.ts'
import { seeded } from './time/random.ts'
import { createVirtualClock } from './time/virtual-clock.ts'
import { send, type Traffic } from './traffic.ts'
import type { Environment, SimulatedBreaker } from './world.ts'

/** What {@link simulate} takes. Times in seconds, unless said otherwise. */
export interface Simulation {
  /** Two simulations with one seed are the same. Default 1. */
  readonly seed?: number
  /** How long messages are sent. */
  readonly duration: number
  /** How long it goes on after that, at most, until the queue is empty. Default 4 hours. */
  readonly rest?: number
  readonly traffic: Traffic
  readonly queue: QueueOptions
  readonly mapping: MappingOptions
  readonly function: FunctionOptions
  /** Default: {@link writeRows} as it is. */
  readonly handler?: (environment: Environment) => Handler
  /** Default: one that is called `main`, as it is by default. */
  readonly databases?: Readonly<Record<string, DatabaseOptions>>
  readonly outages?: readonly Outage[]
  readonly breaker?: SimulatedBreaker
  readonly controlPlane?: ControlPlaneOptions
  /** Default true. */
  readonly mayChangeVisibility?: boolean
}

/** When simulations begin: any time will do. */
const start = Date.UTC(2026, 0, 1)
const defaultRest = 14_400
const probeEvery = 60_000
const probeTimeout = 30

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/**
 * Sends messages to a queue, whose event source mapping invokes the handler of a function, which writes them to a database:
 * on a virtual clock, and with a random source that is seeded, so that the same options give the same report.
 */
export async function simulate(simulation: Simulation): Promise<Report> {
  const { seed = 1, duration, rest = defaultRest, outages = [], traffic } = simulation
  const { databases: databaseOptions = { main: {} }, handler = writeRows() } = simulation
  const clock = createVirtualClock(start)
  const messages: QueueMessage[] = []
  const facts = createFacts(start, outages)
  const servers = new Map(
    Object.entries(databaseOptions).map(([name, options]) => {
      const own = outages.filter(({ database = 'main' }) => database === name)
      return [name, createServer(options, own, clock, start)] as const
    }),
  )
  const queue = createQueue(simulation.queue, clock.now, {
    dead: () => facts.dead(clock.now()),
    expired: () => facts.expired(),
  })
  const queueName = simulation.queue.fifo ? 'rows.fifo' : 'rows'
  let mapping: Mapping | undefined
  const controlPlane = createControlPlane(
    simulation.controlPlane ?? {},
    simulation.mapping.maximumConcurrency,
    { set: (change) => mapping?.set(change) },
    clock,
    seeded(seed, 'control plane'),
  )

  function toEnvironment({ clock: own, random, onEnd }: EnvironmentFacts): Environment {
    const kyselys = new Map<string, Environment['database'] extends (name: string) => infer Db ? Db : never>()
    return {
      clock: own,
      random,
      logger: silent,
      queueName,
      sqs: createQueueClient(own, {
        mayChangeVisibility: simulation.mayChangeVisibility ?? true,
        changeVisibility(handle, seconds) {
          const message = messages[Number(handle.split('.')[0])]
          if (message !== undefined && receiptOf(message) === handle) queue.changeVisibility(message, seconds)
        },
        park: facts.park,
      }),
      lambda: controlPlane.client(own),
      breaker: simulation.breaker,
      database(name) {
        const known = kyselys.get(name)
        if (known !== undefined) return known
        const created = createKysely(servers.get(name) as DatabaseServer, own, onEnd)
        kyselys.set(name, created)
        return created
      },
    }
  }

  const functions = createFunctions(simulation.function, clock, seed, (environment) =>
    handler(toEnvironment(environment)),
  )
  mapping = createMapping(simulation.mapping, {
    clock,
    queue,
    functions,
    idOf: ({ number }) => keyOf(number),
    toEvent: (batch) => toQueueEvent(batch, queueName, simulation.queue.fifo === true),
    deleted: (done) => facts.done(done, clock.now()),
  })

  send(traffic, duration, {
    clock,
    random: seeded(seed, 'traffic'),
    send(group) {
      const number = messages.length
      const message: QueueMessage = {
        number,
        sentAt: clock.now(),
        group,
        receiveCount: 0,
        visibleAt: 0,
        state: 'waiting',
      }
      messages.push(message)
      queue.send(message)
    },
    sent: mapping.wake,
  })
  if (simulation.breaker !== undefined) {
    const probes = createFunctions({ timeout: probeTimeout }, clock, seed + 1, (environment) => {
      const probe = breakerOf(toEnvironment(environment))?.probe
      return (event, context) => (probe as NonNullable<typeof probe>)(event, context)
    })
    const tick = () => {
      void probes.invoke({})
      clock.schedule(tick, probeEvery)
    }
    clock.schedule(tick, probeEvery)
  }

  await clock.runUntil(start + duration * 1000)
  const end = start + (duration + rest) * 1000
  while ((queue.size > 0 || controlPlane.state !== 'Enabled') && clock.now() < end) {
    await clock.runUntil(Math.min(end, clock.now() + 60_000))
  }
  // What the breaker still has to do.
  if (simulation.breaker !== undefined) await clock.runUntil(clock.now() + 600_000)

  const written = new Set([...servers.values()].flatMap(({ rows }) => [...rows])).size
  return {
    accepted: messages.length,
    written,
    left: queue.size,
    ...facts.toReport(messages),
    functions: { ...functions.usage, gbSeconds: round(functions.usage.gbSeconds) },
    databases: Object.fromEntries(
      [...servers].map(([name, { usage }]) => [name, { ...usage, workSeconds: round(usage.workSeconds) }]),
    ),
    controlPlane: { ...controlPlane.usage },
    mapping: { maximumConcurrency: controlPlane.maximumConcurrency, state: controlPlane.state },
  }
}
