import { type OutageOptions, outageSurvival } from '@spillway/batch'

/** The queues of the table in docs/batch.md. */
const queues: readonly OutageOptions[] = [
  { maxReceiveCount: 3, timeout: 30 },
  { maxReceiveCount: 5, timeout: 30 },
  { maxReceiveCount: 5, timeout: 60 },
  { maxReceiveCount: 10, timeout: 30 },
  { maxReceiveCount: 10, timeout: 60, backoff: { base: 60, cap: 3600 } },
  { maxReceiveCount: 20, timeout: 60, backoff: { base: 60, cap: 3600 } },
  { maxReceiveCount: 5, timeout: 30, backoff: false, visibilityTimeout: 180 },
]

/** The rows of the table, as Markdown. */
export const survivalRows: readonly string[] = queues.map((queue) => {
  const { maxReceiveCount, timeout, backoff, visibilityTimeout } = queue
  const { base, cap } = backoff || { base: 60, cap: 900 }
  const waits = backoff === false ? `none; the queue's own ${visibilityTimeout} s` : `${base} s to ${cap} s`
  const { least, most } = outageSurvival(queue)
  return `| ${maxReceiveCount} | ${timeout} s | ${waits} | ${inWords(least)} | ${inWords(most)} |`
})

function inWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
