import type { Notes } from '../switch.ts'

/**
 * What the breaker remembers of one opening. It is kept in three notes, each written by one side only: what two
 * environments write at the same moment cannot undo one another.
 */
export interface Memory {
  /** The opening that was begun last. */
  readonly id: string
  /** The maximum concurrency to restore; `undefined` for none. */
  readonly concurrency: number | undefined
  /** Since when it is half open, in milliseconds since the epoch; `undefined` when it is not, or nobody wrote it yet. */
  readonly halfOpenSince: number | undefined
}

/** The names of the notes. As tags they need letters, digits and a few signs. */
const names = {
  opened: 'spillway:breaker-opened',
  halfOpened: 'spillway:breaker-half-opened',
  closed: 'spillway:breaker-closed',
} as const

/** The opening that is not closed yet; `undefined` when there is none. Notes that nobody can read count as none. */
export function recall(notes: Notes): Memory | undefined {
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

/** The note that an opening is half open since a time. In whole milliseconds: a clock may tell fractions. */
export function halfOpened(id: string, now: number): Notes {
  return { [names.halfOpened]: `${id} ${BigInt(Math.floor(now))}` }
}

/** The note that an opening is over. */
export function closed(id: string): Notes {
  return { [names.closed]: id }
}

function split(note: string | undefined): readonly (string | undefined)[] {
  return note?.split(' ') ?? []
}

/** Fractions were written once. */
function toTime(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
