import type { Outage } from './database/outage.ts'
import { writeRows } from './handlers/write-rows.ts'
import type { QueueReport } from './report.ts'
import { type QueueNumbers, queueNumbers } from './scenarios/numbers.ts'
import { type Simulation, simulate } from './simulate.ts'

/** A line of the table. */
interface Line {
  readonly outage: string
  readonly settings: string
  readonly simulation: Simulation
}

const minutes = 60

/** The defaults of all lines. */
const common: QueueNumbers = { batchSize: 100, batchingWindow: 1, maximumConcurrency: 5, timeout: 30 }

/** Messages per second. */
const rate = 2

function line(
  [outage, length, kind]: readonly [name: string, minutes: number, kind: Outage['kind']],
  settings: string,
  numbers: QueueNumbers = {},
  more: Partial<Simulation> = {},
): Line {
  const simulation: Simulation = {
    ...queueNumbers({ ...common, ...numbers }),
    duration: minutes + length * minutes + 5 * minutes,
    rest: 12 * 60 * minutes,
    traffic: { rate },
    outages: [{ from: minutes, to: minutes + length * minutes, kind }],
    ...more,
  }
  return { outage, settings, simulation }
}

const minute = ['down for a minute', 1, { is: 'down' }] as const
const tenMinutes = ['down for 10 minutes', 10, { is: 'down' }] as const
const hour = ['down for an hour', 60, { is: 'down' }] as const
const threeHours = ['down for 3 hours', 180, { is: 'down' }] as const
const slow = ['slow for 10 minutes: a second per row', 10, { is: 'slow', rowTime: 1000 }] as const
const silent = ['no answer for 10 minutes', 10, { is: 'hanging' }] as const
const locked = ['locked for 10 minutes (55P03)', 10, { is: 'failing', code: '55P03' }] as const
const broken = ['input and output fail for 10 minutes (58030)', 10, { is: 'failing', code: '58030' }] as const
const readOnly = ['read-only for 10 minutes', 10, { is: 'read-only' }] as const

const defaults = 'the defaults'
const theBreaker = '[the breaker](../breaker.md)'
const withBreaker = { breaker: {}, controlPlane: { latency: 20 } }

function withBackoff(base: number, cap: number) {
  return { handler: writeRows({ batch: { backoff: { base, cap } } }) }
}

const lines: readonly Line[] = [
  line(minute, defaults),
  line(tenMinutes, defaults),
  line(tenMinutes, '`maxReceiveCount` 5', { maxReceiveCount: 5 }),
  line(hour, defaults),
  line(hour, '`maxReceiveCount` 10', { maxReceiveCount: 10 }),
  line(hour, '`backoff` 30 s to 900 s', {}, withBackoff(30, 900)),
  line(hour, '`backoff` 60 s to 900 s, `maxReceiveCount` 10', { maxReceiveCount: 10 }, withBackoff(60, 900)),
  line(hour, 'FIFO, batches of 10', { fifo: true, batchSize: 10, batchingWindow: 0 }),
  line(hour, theBreaker, {}, withBreaker),
  line(threeHours, defaults),
  line(slow, defaults),
  line(silent, defaults),
  line(locked, defaults),
  line(broken, defaults),
  line(readOnly, defaults),
  line(readOnly, theBreaker, {}, withBreaker),
]

/** The first two columns of a line. */
export type OutageLine = Pick<Line, 'outage' | 'settings'>

/**
 * Simulates the table of outages in `docs/concepts/outages.md`.
 *
 * @param isWanted selects the lines. Default: all
 */
export async function outageTable(isWanted: (line: OutageLine) => boolean = () => true): Promise<string> {
  const rows: string[] = []
  for (const one of lines) {
    if (isWanted(one)) rows.push(row(one.outage, one.settings, await simulate(one.simulation)))
  }
  return [
    '| database | settings | messages | in the dead-letter queue | lag p50 | lag p99 | receives, mean and most | GB-s |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function row(
  outage: string,
  settings: string,
  { accepted, inDlq, lag, receives, functions }: QueueReport,
): string {
  const cells = [
    outage,
    settings,
    number(accepted),
    number(inDlq),
    `${number(lag.p50)} s`,
    `${number(lag.p99)} s`,
    `${receives.mean}, ${receives.most}`,
    number(functions.gbSeconds),
  ]
  return `| ${cells.join(' | ')} |`
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
