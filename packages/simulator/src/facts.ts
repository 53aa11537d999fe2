import type { Outage } from './database/outage.ts'
import { percentiles, round } from './report.ts'

/** The facts about a message for the report. */
export interface SentMessage {
  readonly sentAt: number
}

/** Milliseconds after an outage. */
const lagAfterTime = 300_000

/** Collects facts about messages for the report. */
export function createFacts(began: number, outages: readonly Outage[]) {
  const firstOutage = began + Math.min(...outages.map(({ from }) => from)) * 1000
  const recovery = began + Math.max(0, ...outages.map(({ to }) => to)) * 1000
  const lags: number[] = []
  const lagsAfter: number[] = []
  const parked: Record<string, number> = {}
  let inDlq = 0
  let firstInDlq: number | undefined
  let expired = 0
  return {
    dead(now: number): void {
      inDlq += 1
      firstInDlq ??= round((now - firstOutage) / 1000)
    },
    expired(): void {
      expired += 1
    },
    park(code: string): void {
      parked[code] = (parked[code] ?? 0) + 1
    },
    done(messages: readonly SentMessage[], now: number): void {
      for (const { sentAt } of messages) {
        if (now > recovery && sentAt < recovery) lags.push((now - recovery) / 1000)
        if (sentAt >= recovery && sentAt < recovery + lagAfterTime) lagsAfter.push((now - sentAt) / 1000)
      }
    },
    /** @param counts how often each message was delivered */
    toReport(counts: readonly number[]) {
      const total = counts.reduce((sum, count) => sum + count, 0)
      const most = counts.reduce((one, other) => Math.max(one, other), 0)
      return {
        parked,
        inDlq,
        firstInDlq,
        expired,
        lag: percentiles(lags),
        lagAfter: percentiles(lagsAfter),
        receives: { total, mean: round(total / Math.max(1, counts.length)), most },
      }
    },
  }
}
