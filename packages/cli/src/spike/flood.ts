import { fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SpillwayError } from '@spillway/message'
import type { LoadInterval, LoadReport } from './tally.ts'

/** The options of the load generator. */
export interface LoadOptions {
  /** The file of the spike. */
  readonly file: string
  /** The URL of the API. */
  readonly url: string
  readonly seconds: number
  /** Requests per second, each sent when it is due, or a constant number of requests in flight. */
  readonly load: { readonly rate: number } | { readonly inFlight: number }
  /** The number of the first request. */
  readonly firstIndex: number
  /** The length of the intervals that are reported. */
  readonly intervalMs: number
}

/** The result of a flood. */
export interface FloodResult extends LoadReport {
  /** The keys of the requests that were accepted. */
  readonly acceptedKeys: readonly string[]
  /** The counts of each interval since the first request. */
  readonly intervals: readonly LoadInterval[]
}

/** A message from the load generator to its parent. */
export interface ChildMessage {
  /** When the first request was due, in wall-clock time. */
  readonly startedAt?: number
  readonly report?: LoadReport
  readonly burstEnded?: true
  readonly ended?: Pick<FloodResult, 'acceptedKeys' | 'intervals'>
}

/** Called during a flood. */
export interface FloodListeners {
  onStart?(startedAt: number): void
  onProgress?(report: LoadReport): void
  /** The last request was sent. */
  onBurstEnd?(): void
}

/** Sends requests from a separate process. */
export function flood(options: LoadOptions, listeners: FloodListeners = {}): Promise<FloodResult> {
  const generator = fileURLToPath(new URL(`./load-generator${extname(import.meta.url)}`, import.meta.url))
  const child = fork(generator, [JSON.stringify(options)])
  return new Promise((resolve, reject) => {
    let result: FloodResult | undefined
    child.on('message', ({ startedAt, report, burstEnded, ended }: ChildMessage) => {
      if (startedAt !== undefined) listeners.onStart?.(startedAt)
      if (burstEnded) listeners.onBurstEnd?.()
      if (report === undefined) return
      listeners.onProgress?.(report)
      if (ended !== undefined) result = { ...report, ...ended }
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (result !== undefined) resolve(result)
      else
        reject(
          new SpillwayError('SPILLWAY_START_FAILED', `The load generator ended early, with code ${code}.`),
        )
    })
  })
}
