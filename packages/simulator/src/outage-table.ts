import type { Outage } from './database/server.ts'
import { writeRows } from './handlers/write-rows.ts'
import type { QueueReport } from './report.ts'
import { type QueueNumbers, queueNumbers } from './scenarios/numbers.ts'
import { type Simulation, simulate } from './simulate.ts'

/** A line of the table. */
interface Line {
  readonly outage: string
  readonly settings: string
  /** Minutes. */
  readonly length: number
  readonly simulation: Simulation
}

const minutes = 60

/** What all lines have in common, unless they say otherwise. */
const common: QueueNumbers = { batchSize: 100, batchingWindow: 1, maximumConcurrency: 5, timeout: 30 }

/** Messages a second. */
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
  return { outage, settings, length, simulation }
}

const minute = ['down for a minute', 1, { is: 'down' }] as const
const tenMinutes = ['down for 10 minutes', 10, { is: 'down' }] as const
const hour = ['down for an hour', 60, { is: 'down' }] as const
const threeHours = ['down for 3 hours', 180, { is: 'down' }] as const

const lines: readonly Line[] = [
  line(minute, 'the defaults'),
  line(tenMinutes, 'the defaults'),
  line(hour, 'the defaults'),
  line(hour, '`maxReceiveCount` 10', { maxReceiveCount: 10 }),
  line(
    hour,
    '`backoff` 30 s to 900 s',
    {},
    { handler: writeRows({ batch: { backoff: { base: 30, cap: 900 } } }) },
  ),
  line(
    hour,
    '`backoff` 60 s to 900 s, `maxReceiveCount` 10',
    { maxReceiveCount: 10 },
    { handler: writeRows({ batch: { backoff: { base: 60, cap: 900 } } }) },
  ),
  line(hour, '`hold: false`', {}, { handler: writeRows({ batch: { hold: false } }) }),
  line(hour, 'time-out 10 s', { timeout: 10 }),
  line(hour, '[the breaker](breaker.md)', {}, { breaker: {}, controlPlane: { latency: 20 } }),
  line(threeHours, 'the defaults'),
]

/**
 * The table of outages in `docs/batch.md`, simulated now.
 *
 * @param longest minutes of the longest outage of the table. Default: all of them
 */
export async function outageTable(longest = Number.POSITIVE_INFINITY): Promise<string> {
  const rows: string[] = []
  for (const { outage, settings, simulation, length } of lines) {
    if (length <= longest) rows.push(row(outage, settings, await simulate(simulation)))
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
