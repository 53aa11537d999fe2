// The process that sends the requests of a spike. It is separate from the runtime, so that neither delays the timers of
// the other.
import { Agent, request } from 'undici'
import type { ChildMessage, LoadOptions } from './flood.ts'
import { loadSpike } from './load-spike.ts'
import { createTally } from './tally.ts'

/** How often requests that are due are sent. Milliseconds. */
const tickMs = 2

/** How often the progress is reported. Milliseconds. */
const reportMs = 200

/** The time-out of a request. API Gateway answers within 30 s. */
const timeoutMs = 35_000

const { file, url, seconds, load, firstIndex, intervalMs }: LoadOptions = JSON.parse(process.argv[2] ?? '')
const spike = await loadSpike(file)
const agent = new Agent({ connections: null, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
const tally = createTally(intervalMs)
const accepted: string[] = []
const total = 'rate' in load ? Math.round(load.rate * seconds) : 0
let startedAt = 0
let sent = 0

const now = () => performance.now() - startedAt
const tell = (message: ChildMessage, then = () => {}) => process.send?.(message, then)

/**
 * Sends one request. Its latency is measured from the time at which it was due, even if this process sends it later.
 */
async function send(dueMs: number): Promise<void> {
  const { path, body, key } = spike.request(firstIndex + sent++)
  tally.sent(dueMs, now() - dueMs)
  let answer: string
  try {
    const response = await request(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      dispatcher: agent,
    })
    await response.body.dump()
    answer = String(response.statusCode)
    if (response.statusCode >= 200 && response.statusCode < 300) accepted.push(key)
  } catch (error) {
    answer = (error as NodeJS.ErrnoException).code ?? 'ERROR'
  }
  tally.answered(dueMs, now(), answer)
}

/** An open loop: each request is sent when it is due, independent of earlier ones. */
async function sendAtRate(rate: number): Promise<readonly Promise<void>[]> {
  const requests: Promise<void>[] = []
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor((now() / 1000) * rate) + 1)
      while (sent < due) requests.push(send((sent / rate) * 1000))
      if (sent < total) return
      clearInterval(timer)
      resolve()
    }, tickMs)
  })
  return requests
}

/** A closed loop: a constant number of requests is in flight. */
async function keepInFlight(count: number): Promise<readonly Promise<void>[]> {
  async function sendInTurn(): Promise<void> {
    while (now() < seconds * 1000) await send(now())
  }
  await Promise.all(Array.from({ length: count }, sendInTurn))
  return []
}

process.on('disconnect', () => process.exit(1))
startedAt = performance.now()
tell({ startedAt: performance.timeOrigin + startedAt })
const progress = setInterval(() => tell({ report: tally.report(total) }), reportMs)
const requests = await ('rate' in load ? sendAtRate(load.rate) : keepInFlight(load.inFlight))
tell({ burstEnded: true })
await Promise.all(requests)
clearInterval(progress)
await agent.close()
tell({ report: tally.report(total), ended: { acceptedKeys: accepted, intervals: tally.intervals() } }, () =>
  process.disconnect(),
)
