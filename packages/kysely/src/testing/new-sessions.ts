import { randomUUID } from 'node:crypto'
import { connect } from './database.ts'
import type { FleetOptions, FleetReport } from './fleet.ts'
import type { BatchTimes } from './fleet-batches.ts'
import { countSessions } from './session-counts.ts'

/**
 * Writes batches as {@link runFleet} does, without environments: this many clients of `pg` in this process open a
 * session for each batch and close it. A design in which each invocation connects cannot be faster on this machine.
 */
export async function insertInNewSessions(
  options: Pick<FleetOptions, 'functionsUrl' | 'sessions' | 'budget' | 'seconds'>,
): Promise<Pick<FleetReport, 'batches' | 'failed' | 'invocations' | 'mostSessions'>> {
  const { functionsUrl, budget, seconds } = options
  const counting = countSessions(options.sessions)
  const batches: BatchTimes[] = []
  const startedAt = performance.now()
  const now = () => performance.now() - startedAt

  async function insertOnce(): Promise<void> {
    const begin = now()
    const keys = Array.from({ length: 50 }, () => randomUUID())
    const client = await connect(functionsUrl)
    await client.query(
      'insert into entries (id, environment) select unnest($1::uuid[]), 0 on conflict (id) do nothing',
      [keys],
    )
    await client.end()
    batches.push({ at: now(), took: now() - begin })
  }
  async function work(): Promise<void> {
    while (now() < seconds * 1_000) await insertOnce()
  }
  try {
    await Promise.all(Array.from({ length: budget }, work))
  } finally {
    await counting.stop()
  }
  return { batches, failed: 0, invocations: batches.length, mostSessions: counting.mostSessions }
}
