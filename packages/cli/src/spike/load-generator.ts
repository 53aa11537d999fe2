// The process that sends the requests of a spike: apart from the runtime, so that neither slows the other's clock.
import { createHistogram } from 'node:perf_hooks'
import { Agent, request } from 'undici'
import type { LoadOptions, LoadReport } from './flood.ts'
import { loadSpike } from './load-spike.ts'

/** How often requests that are due are sent. Milliseconds. */
const tickMs = 2

/** A client that waits longer gives up: API Gateway answers within 30 s. */
const timeoutMs = 35_000

const { file, url, rate, seconds }: LoadOptions = JSON.parse(process.argv[2] ?? '')
const spike = await loadSpike(file)
const agent = new Agent({ connections: null, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
const latency = createHistogram()
const accepted: string[] = []
const answers: Record<string, number> = {}
const total = Math.round(rate * seconds)
const running = new Set<Promise<void>>()
let sent = 0
let answered = 0

/** Sends one request. Its time counts from when it was due, not from when this process came to send it. */
async function send(index: number, dueAt: number): Promise<void> {
  const { path, body, key } = spike.request(index)
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
  latency.record(Math.max(1, Math.round((performance.now() - dueAt) * 1000)))
  answers[answer] = (answers[answer] ?? 0) + 1
  answered++
}

function report(): LoadReport {
  return {
    total,
    sent,
    answered,
    accepted: accepted.length,
    answers,
    p50Ms: latency.count === 0 ? 0 : latency.percentile(50) / 1000,
    p99Ms: latency.count === 0 ? 0 : latency.percentile(99) / 1000,
  }
}

process.on('disconnect', () => process.exit(1))
const progress = setInterval(() => process.send?.({ report: report() }), 200)
const startedAt = performance.now()
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * rate) + 1)
    while (sent < due) {
      const task: Promise<void> = send(sent, startedAt + (sent / rate) * 1000).finally(() =>
        running.delete(task),
      )
      running.add(task)
      sent++
    }
    if (sent < total) return
    clearInterval(timer)
    resolve()
  }, tickMs)
})
process.send?.({ burstEnded: true })
await Promise.all(running)
clearInterval(progress)
await agent.close()
process.send?.({ report: report(), accepted }, () => process.disconnect())
