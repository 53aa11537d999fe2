import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { QueueEngine } from '@spillway/local/testing'
import { answerWith, type EndpointState, type Fault, forward, readBatch, relay } from './faulty-answers.ts'

export type { Fault } from './faulty-answers.ts'

/** Options of {@link startFaultyEndpoint}. */
export interface FaultyEndpointOptions {
  /** The fault of the next request. Default: random by `weights` and `seed`. */
  readonly plan?: (request: number) => Fault
  /** The relative frequency of each fault. Default: no faults. */
  readonly weights?: Partial<Record<Fault, number>>
  /** The seed of random choices. Default 1. */
  readonly seed?: number
}

/** A server between SDK clients and the embedded SQS. */
export interface FaultyEndpoint {
  /** The `endpoint` for an SDK client. */
  readonly endpoint: string
  queueUrl(name: string): string
  /** How many requests to send messages came. */
  readonly requests: number
  /** How many entries these requests had. */
  readonly entries: number
  /** How many requests had each fault. */
  readonly faults: Readonly<Record<Fault, number>>
  /** The bodies of messages that were stored without a confirmation, one for each store. */
  readonly unconfirmed: readonly string[]
  /** The bodies of messages that were refused for good. */
  readonly refused: ReadonlySet<string>
  stop(): Promise<void>
}

/** Starts SQS with faults, on a free port of 127.0.0.1. Only requests that send messages have faults. */
export async function startFaultyEndpoint(
  engine: QueueEngine,
  options: FaultyEndpointOptions = {},
): Promise<FaultyEndpoint> {
  const random = seeded(options.seed ?? 1)
  const { plan = weighted(options.weights ?? { ok: 1 }, random) } = options
  const state: EndpointState = { engine, random, faults: noFaults(), unconfirmed: [], refused: new Set() }
  let requests = 0
  let entries = 0

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const batch = readBatch(request.headers['x-amz-target'], body)
    if (batch === undefined) return relay(response, await forward(engine, request, body))
    const fault = plan(requests++)
    entries += batch.Entries.length
    state.faults[fault]++
    await answerWith(fault, state, { request, response, batch, body })
  }

  const server = createServer((request, response) => {
    // A client may abort at any time, as planned. Then there is nobody to answer.
    handle(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    endpoint,
    queueUrl: (name) => engine.queueUrl(name).replace(engine.endpoint, endpoint),
    get requests() {
      return requests
    },
    get entries() {
      return entries
    },
    faults: state.faults,
    unconfirmed: state.unconfirmed,
    refused: state.refused,
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function noFaults(): Record<Fault, number> {
  const names: readonly Fault[] = [
    'ok',
    'partial',
    'error',
    'throttle',
    'hang',
    'reset',
    'lost',
    'malformed',
    'silent',
  ]
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Fault, number>
}

function weighted(weights: Partial<Record<Fault, number>>, random: () => number): () => Fault {
  const all = Object.entries(weights) as readonly (readonly [Fault, number])[]
  const total = all.reduce((sum, [, weight]) => sum + weight, 0)
  return () => {
    let left = random() * total
    for (const [fault, weight] of all) {
      left -= weight
      if (left < 0) return fault
    }
    return 'ok'
  }
}

/** Random numbers in `[0, 1)` that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
