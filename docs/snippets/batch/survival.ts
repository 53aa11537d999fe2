import { type OutageOptions, outageSurvival } from '@spillway/batch'

/** The queues of the table in docs/concepts/outages.md. */
const queues: readonly OutageOptions[] = [
  { maxReceiveCount: 5, timeout: 30 },
  { maxReceiveCount: 10, timeout: 30 },
  { maxReceiveCount: 100, timeout: 10 },
  { maxReceiveCount: 100, timeout: 30 },
  { maxReceiveCount: 100, timeout: 30, backoff: { base: 30, cap: 300 } },
  { maxReceiveCount: 100, timeout: 30, backoff: { base: 60, cap: 3600 } },
  { maxReceiveCount: 100, timeout: 30, backoff: false, visibilityTimeout: 180 },
  { maxReceiveCount: 10, timeout: 10, changesVisibility: false, visibilityTimeout: 60 },
]

/** The rows of the table, as Markdown. */
export const survivalRows: readonly string[] = queues.map((queue) => {
  const { maxReceiveCount, timeout, backoff, changesVisibility = true, visibilityTimeout } = queue
  const { base, cap } = backoff || { base: 30, cap: 90 }
  const own = `the queue's own ${visibilityTimeout} s`
  const back = backoff === false ? `\`false\`: ${own}` : `${base} s to ${cap} s`
  const waits = changesVisibility ? back : `without the permission: ${own}`
  const { least, held, most } = outageSurvival(queue)
  return `| ${maxReceiveCount} | ${timeout} s | ${waits} | ${inWords(least)} | ${inWords(held)} | ${inWords(most)} |`
})

function inWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
