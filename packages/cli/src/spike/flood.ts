import { fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SpillwayError } from '@spillway/message'

/** What the load generator is told. */
export interface LoadOptions {
  /** The file of the spike. */
  readonly file: string
  /** Where the API is. */
  readonly url: string
  /** Requests a second. */
  readonly rate: number
  readonly seconds: number
}

/** What the load generator reports. */
export interface LoadReport {
  readonly total: number
  readonly sent: number
  readonly answered: number
  readonly accepted: number
  /** How many answers there were, by status or by the code of the client's error. */
  readonly answers: Readonly<Record<string, number>>
  /** Of the time from when a request was due to its answer, whatever it was. */
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What a flood leaves behind. */
export interface FloodResult extends LoadReport {
  /** The keys of the requests that were accepted. */
  readonly acceptedKeys: readonly string[]
  /** When the last request was sent, by `performance.now()`. */
  readonly burstEndedAt: number
}

interface ChildMessage {
  readonly report?: LoadReport
  readonly burstEnded?: true
  readonly accepted?: readonly string[]
}

/** Sends an open-loop burst from a process of its own. */
export function flood(options: LoadOptions, onProgress: (report: LoadReport) => void): Promise<FloodResult> {
  const generator = fileURLToPath(new URL(`./load-generator${extname(import.meta.url)}`, import.meta.url))
  const child = fork(generator, [JSON.stringify(options)])
  return new Promise((resolve, reject) => {
    let burstEndedAt = 0
    let result: FloodResult | undefined
    child.on('message', ({ report, burstEnded, accepted }: ChildMessage) => {
      if (burstEnded) burstEndedAt = performance.now()
      if (report === undefined) return
      onProgress(report)
      if (accepted !== undefined) result = { ...report, acceptedKeys: accepted, burstEndedAt }
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
