import { setTimeout as sleep } from 'node:timers/promises'
import type { Local, LocalOptions } from '@spillway/local'
import { SpillwayError } from '@spillway/message'
import type { Spike, SpikeRequest } from './define-spike.ts'

/** How long idle sessions of the database may take to end. Milliseconds. */
const idleLimitMs = 3000

/** What {@link warmUp} takes. */
export interface WarmUpOptions {
  readonly spike: Spike
  /** How many environments of the function that receives the requests are started. */
  readonly environments: number
  /** The number of the first request; later requests of the flood must not have it. */
  readonly firstIndex: number
}

type Invocation = Parameters<NonNullable<LocalOptions['onInvocation']>>[0]

/** Starts the environments of a design and invokes each once. */
export interface WarmUp {
  /** Remembers the event that the gateway creates from a request. */
  readonly onInvocation: (info: Invocation) => void
  /** @returns the keys of the requests that it sent. */
  run(local: Local, options: WarmUpOptions): Promise<readonly string[]>
}

/** Creates the warm-up of one design. */
export function createWarmUp(): WarmUp {
  let path: string | undefined
  let first: { readonly fn: string; readonly event: object } | undefined

  /** Sends one request through the gateway, and remembers the event that the gateway creates. */
  async function probe(local: Local, request: SpikeRequest): Promise<typeof first> {
    path = request.path
    const response = await fetch(new URL(request.path, local.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request.body),
    })
    await response.body?.cancel()
    if (response.ok && first !== undefined) return first
    throw new SpillwayError(
      'SPILLWAY_START_FAILED',
      `The first request to the app '${local.app.name}', POST ${request.path}, was answered with ${response.status}, so the flood cannot start.`,
    )
  }

  return {
    onInvocation({ function: fn, event }) {
      if (first !== undefined || path === undefined) return
      if (typeof event !== 'object' || event === null || !('rawPath' in event)) return
      if (event.rawPath === path) first = { fn, event }
    },
    async run(local, { spike, environments, firstIndex }) {
      const request = spike.request(firstIndex)
      const keys = [request.key]
      const found = await probe(local, request)
      if (found === undefined) return keys
      const fn = local.function(found.fn)
      const atOnce = mostAtOnce(local, found.fn)
      await provisionReaders(local, environments)
      let warm = fn.environments().length
      while (warm < environments) {
        const count = Math.min(atOnce, environments - warm)
        await fn.provision(warm + count)
        // The environments that became idle last are used first, so each new environment gets one of these requests.
        const requests = Array.from({ length: count }, (_, n) => spike.request(firstIndex + warm + n))
        keys.push(...requests.map(({ key }) => key))
        await Promise.all(
          requests.map(({ body }) => fn.invoke({ ...found.event, body: JSON.stringify(body) })),
        )
        await untilIdle(local)
        warm += count
      }
      return keys
    },
  }
}

/** Starts the environments of the functions that read a queue or a stream, as many as can run at once. */
async function provisionReaders({ app, function: find }: Local, most: number): Promise<void> {
  for (const { name, eventSource, streamSource } of app.functions) {
    if (eventSource === undefined && streamSource === undefined) continue
    const atOnce = eventSource?.maximumConcurrency ?? streamSource?.parallelizationFactor ?? most
    await find(name).provision(Math.min(most, atOnce))
  }
}

/** How many environments of a function can be invoked at once so that each gets a connection. */
function mostAtOnce({ app }: Local, name: string): number {
  const fn = app.functions.find((one) => one.name === name)
  const opensNone = fn?.connections === 0 && !fn.opensUncounted
  return opensNone ? Number.POSITIVE_INFINITY : Math.max(1, app.database?.budget ?? 1)
}

/** Waits until the functions hold no connections. */
async function untilIdle({ database }: Local): Promise<void> {
  const until = performance.now() + idleLimitMs
  while (database !== undefined && database.connections() > 0 && performance.now() < until) await sleep(20)
}
