import { batchSize } from '../parked/in-flight.ts'
import type { ParkedCopy } from '../parked/read-copy.ts'
import { errorText } from './batch-requests.ts'
import type { Outgoing } from './copy-target.ts'
import { deleteCopies } from './delete-copies.ts'
import { noteFailure, type RunState } from './redrive-run.ts'
import { type InGroup, wavesOf } from './waves.ts'

/** Waves in a row that fail altogether, after which a run gives up. */
export const mostFailedWaves = 3

/** Sends copies at the rate of the run, and deletes each that is confirmed. Never rejects. */
export async function sendCopies(state: RunState, copies: readonly ParkedCopy[]): Promise<void> {
  const { run, tally, clock } = state
  const { signal, target, rate, edit } = run
  const most = edit === undefined ? Math.max(1, Math.min(batchSize, Math.floor(rate / 2))) : 1
  for (const wave of wavesOf(copies, most, target.ordered)) {
    if (signal.aborted || tally.failedWaves >= mostFailedWaves) return
    const outgoing = await prepare(state, wave)
    if (outgoing.length === 0) continue
    await clock.sleep(Math.max(0, tally.nextAt - clock.now()), signal)
    if (signal.aborted) return
    tally.nextAt = Math.max(tally.nextAt, clock.now()) + (outgoing.length / rate) * 1000
    await sendWave(state, outgoing, new Map(wave.map(({ copy, group }) => [copy.id, group])))
    run.onProgress?.(tally.sent.size, tally.failures.size)
  }
}

/** What goes back of a wave: copies that wait behind a failed one of their group do not, nor what the editor left. */
async function prepare(state: RunState, wave: readonly InGroup[]): Promise<readonly Outgoing[]> {
  const { run, tally } = state
  const outgoing: Outgoing[] = []
  for (const { copy, group } of wave) {
    if (group !== undefined && tally.stuck.has(group)) {
      tally.behind++
      continue
    }
    try {
      const made = run.edit === undefined ? { copy, edited: undefined } : await run.edit(copy)
      if (made === undefined) tally.left++
      else outgoing.push(made)
    } catch (thrown) {
      noteFailure(state, copy.id, errorText(thrown), group)
    }
  }
  return outgoing
}

async function sendWave(
  state: RunState,
  outgoing: readonly Outgoing[],
  groups: ReadonlyMap<string, string | undefined>,
): Promise<void> {
  const { run, tally } = state
  const results = await run.target.send(outgoing)
  const confirmed: string[] = []
  let unavailable = 0
  for (const [place, { copy }] of outgoing.entries()) {
    const result = results[place]
    if (result?.sent === true) {
      tally.sent.add(copy.id)
      if (result.newId !== '') tally.newIds.add(result.newId)
      confirmed.push(copy.id)
      continue
    }
    if (result?.own !== true) unavailable++
    noteFailure(state, copy.id, result?.cause ?? 'it was not sent', groups.get(copy.id))
  }
  tally.failedWaves = unavailable === outgoing.length ? tally.failedWaves + 1 : 0
  await deleteConfirmed(state, confirmed)
}

async function deleteConfirmed(state: RunState, ids: readonly string[]): Promise<void> {
  const { run, inFlight, clock } = state
  const handles = ids.map((id) => inFlight.handleOf(id) ?? '')
  const causes = await deleteCopies(run.queue.client, run.queue.url, handles, clock)
  for (const [place, id] of ids.entries()) {
    const cause = causes[place]?.cause
    if (cause === undefined) {
      inFlight.forget(id)
      await run.onDeleted?.(id)
      continue
    }
    // It stays hidden until the end of the run, which must not send it again.
    noteFailure(
      state,
      id,
      `It was sent back, but could not be deleted from the dead-letter queue (${cause}). The next run sends it again; its key makes one effect of both.`,
    )
  }
}
