import type { Local } from '@spillway/local'
import pg from 'pg'

/** The keys that had an effect, and those that were parked. */
export interface Ledger {
  readonly written: ReadonlySet<string>
  readonly parked: ReadonlySet<string>
}

/** Where the messages of a flood ended. */
export interface Account {
  /**
   * Keys with an effect. They may be more than the accepted ones, because a write may succeed although its response is
   * lost.
   */
  readonly written: number
  readonly parked: number
  /** Accepted keys that are neither written nor parked. */
  readonly lost: number
}

/** Reads where the messages of an app ended. */
export async function readLedger(local: Local, writtenKeys: string): Promise<Ledger> {
  return { written: await readWritten(local, writtenKeys), parked: await readParked(local) }
}

/** Compares the accepted keys with the written and parked ones. `others` are keys that are not of the flood. */
export function takeAccount(
  accepted: readonly string[],
  { written, parked }: Ledger,
  others: readonly string[],
): Account {
  const foreign = new Set(others)
  const count = (keys: ReadonlySet<string>) => [...keys].filter((key) => !foreign.has(key)).length
  return {
    written: count(written),
    parked: count(parked),
    lost: accepted.filter((key) => !written.has(key) && !parked.has(key)).length,
  }
}

async function readWritten(local: Local, sql: string): Promise<ReadonlySet<string>> {
  const client = new pg.Client({ connectionString: local.database?.url })
  await client.connect()
  try {
    const { rows } = await client.query<{ key: string }>(sql)
    return new Set(rows.map((row) => row.key))
  } finally {
    await client.end()
  }
}

async function readParked({ app, queues }: Local): Promise<ReadonlySet<string>> {
  const deadLetterQueues = new Set(app.queues.flatMap((queue) => queue.deadLetterQueue ?? []))
  const messages = await Promise.all([...deadLetterQueues].map((name) => queues.messages(name)))
  return new Set(messages.flat().flatMap(({ body }) => readKey(body)))
}

function readKey(body: string): readonly string[] {
  try {
    const envelope: unknown = JSON.parse(body)
    if (typeof envelope !== 'object' || envelope === null || !('key' in envelope)) return []
    return typeof envelope.key === 'string' ? [envelope.key] : []
  } catch {
    return []
  }
}
