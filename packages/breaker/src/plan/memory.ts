import type { Notes } from '../switch.ts'

/**
 * The data that the breaker stores about one opening, in three notes. Each note is written in one phase only, so that
 * environments that write at the same time cannot overwrite each other's phase.
 */
export interface Memory {
  /** The id of the latest opening. */
  readonly id: string
  /** The maximum concurrency to restore; `undefined` for none. */
  readonly concurrency: number | undefined
  /**
   * The time at which it became half open, in milliseconds since the epoch; `undefined` when it is not half open, or
   * the time has not been noted yet.
   */
  readonly halfOpenSince: number | undefined
}

/** The names of the notes. They become tags, which allow letters, digits and a few other characters. */
const names = {
  opened: 'spillway:breaker-opened',
  halfOpened: 'spillway:breaker-half-opened',
  closed: 'spillway:breaker-closed',
} as const

/** Reads the opening that is not closed yet; `undefined` when there is none. Invalid notes are ignored. */
export function readMemory(notes: Notes): Memory | undefined {
  const [id, concurrency] = split(notes[names.opened])
  if (id === undefined || concurrency === undefined || notes[names.closed] === id) return undefined
  const number = toNumber(concurrency)
  if (number === undefined && concurrency !== 'none') return undefined
  const [halfId, since] = split(notes[names.halfOpened])
  return { id, concurrency: number, halfOpenSince: halfId === id ? toTime(since) : undefined }
}

/** The note of an opening. */
export function opened(id: string, concurrency: number | undefined): Notes {
  return { [names.opened]: `${id} ${concurrency ?? 'none'}` }
}

/**
 * The note of the time at which an opening became half open. The clock may return fractions; the note has whole
 * milliseconds.
 */
export function halfOpened(id: string, now: number): Notes {
  return { [names.halfOpened]: `${id} ${BigInt(Math.floor(now))}` }
}

/** The note that an opening is closed. */
export function closed(id: string): Notes {
  return { [names.closed]: id }
}

function split(note: string | undefined): readonly (string | undefined)[] {
  return note?.split(' ') ?? []
}

/** Earlier versions wrote fractions. */
function toTime(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
