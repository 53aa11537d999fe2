import { setTimeout as sleep } from 'node:timers/promises'
import { type Local, startLocal } from '@spillway/local'
import { Client } from 'pg'
import type { QueueReport } from '../report.ts'
import type { QueueNumbers } from '../scenarios/numbers.ts'
import { poisson, seeded } from '../time/random.ts'
import { type Observed, observeRun } from './observe-run.ts'
import { rowsApp } from './rows-app.ts'

/** What {@link runForReal} takes. Times are in seconds from the start of the traffic. */
export interface RealRun {
  readonly numbers: QueueNumbers
  /** Messages per second. */
  readonly rate: number
  readonly duration: number
  /** The longest time after that until the queue is empty. */
  readonly rest: number
  readonly outage: {
    readonly from: number
    readonly to: number
    begin(local: Local): Promise<unknown>
    end(local: Local): Promise<unknown>
  }
}

/** The figures that are compared with the report of a simulation, and the number of effects. */
export type RealReport = Pick<QueueReport, 'accepted' | 'written' | 'inDlq' | 'left'> &
  Observed & { readonly effects: number }

/** Runs an app on the local runtime with an outage, and returns a report like that of a simulation. */
export async function runForReal({ numbers, rate, duration, rest, outage }: RealRun): Promise<RealReport> {
  const observer = observeRun('write')
  const local = await startLocal(rowsApp(numbers), { onInvocation: observer.onInvocation })
  try {
    // This first message starts the first environments of the functions before the run.
    const first = await post(local, [-1])
    await untilEmpty(local, 60)
    observer.begin()
    const start = Date.now()
    const goThroughOutage = async () => {
      await sleep(outage.from * 1000)
      await outage.begin(local)
      await sleep(Math.max(0, start + outage.to * 1000 - Date.now()))
      await outage.end(local)
      observer.recovered()
    }
    const [accepted] = await Promise.all([sendRows(local, rate, duration), goThroughOutage()])
    const left = await untilEmpty(local, rest)
    const { visible, inFlight, delayed } = await local.queues.depth('rows-dlq')
    const [written, effects] = [await countOf(local, 'rows'), await countOf(local, 'effects')]
    const inDlq = visible + inFlight + delayed
    return { accepted: first + accepted, written, effects, inDlq, left, ...observer.toReport() }
  } finally {
    await local.stop()
  }
}

/** Runs a statement as the owner of the database. */
export async function query(local: Local, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: local.database?.url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

async function countOf(local: Local, table: 'rows' | 'effects'): Promise<number> {
  const [row] = await query(local, `select count(*) as count from ${table}`)
  return Number(row?.count)
}

/** The interval of the simulator's traffic in milliseconds. */
const step = 250

/** Sends messages as the simulator does, with one request per step; resolves with how many were accepted. */
async function sendRows(local: Local, rate: number, duration: number): Promise<number> {
  const random = seeded(1, 'traffic')
  const start = Date.now()
  const posts: Promise<number>[] = []
  let number = 0
  for (let at = step; at < duration * 1000; at += step) {
    await sleep(Math.max(0, start + at - Date.now()))
    const numbers = Array.from({ length: poisson((rate * step) / 1000, random) }, () => number++)
    if (numbers.length > 0) posts.push(post(local, numbers))
  }
  const accepted = await Promise.all(posts)
  return accepted.reduce((sum, count) => sum + count, 0)
}

/** Sends the messages with these numbers; resolves with how many were accepted. */
async function post(local: Local, numbers: readonly number[]): Promise<number> {
  const response = await fetch(`${local.url}/rows`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(numbers.map((number) => ({ number, group: 'g' }))),
  })
  const { items = [] } = (await response.json()) as { readonly items?: readonly { status: number }[] }
  return items.filter(({ status }) => status === 202).length
}

/** Waits until the queue is empty, at most this many seconds; resolves with how many messages are left. */
async function untilEmpty(local: Local, seconds: number): Promise<number> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const { visible, inFlight, delayed } = await local.queues.depth('rows')
    const left = visible + inFlight + delayed
    if (left === 0 || Date.now() > end) return left
    await sleep(250)
  }
}
