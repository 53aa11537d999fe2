import { batchSize } from '../parked/in-flight.ts'
import type { ParkedCopy } from '../parked/read-copy.ts'
import { errorText } from './batch-requests.ts'
import type { Outgoing } from './copy-target.ts'
import { deleteCopies } from './delete-copies.ts'
import { noteFailure, type RunState } from './redrive-run.ts'
import { type InGroup, wavesOf } from './waves.ts'

/** A run ends after this many waves in a row in which every copy failed. */
export const mostFailedWaves = 3

/** Sends copies at the rate of the run, and deletes each confirmed one. Never rejects. */
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

/** The copies of a wave to send, without those behind a failed copy of their group and those that the editor left. */
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
    // It stays in flight until the end of the run, so that this run does not send it again.
    noteFailure(
      state,
      id,
      `It was sent back, but could not be deleted from the dead-letter queue (${cause}). The next run sends it again; its key prevents a second effect.`,
    )
  }
}
