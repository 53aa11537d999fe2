import type { Clock } from '@spillway/message/internal'

/** Milliseconds within which a few repetitions are printed and further ones counted. */
const window = 5000
/** Milliseconds after which a repetition is printed in full again. */
const memory = 60_000
/** How many kinds are remembered. The oldest is forgotten first. */
const mostKinds = 1000

/** A notice to print, in three forms: full, short, and as a count of repetitions. */
export interface Notice {
  /** Repetitions have the same key. */
  readonly key: string
  readonly full: string
  /** Printed instead of `full` for a repetition. */
  readonly short: string
  /** How often `short` is printed within five seconds; further repetitions are counted. */
  readonly burst: number
  /** Printed after the five seconds, if there were further repetitions. */
  counted(count: number): string
}

/** Prints new notices in full and limits repetitions. */
export interface Repeats {
  tell(notice: Notice): void
  /** Prints the counts and stops counting. */
  stop(): void
}

interface Kind {
  readonly fullAt: number
  since: number
  shown: number
  hidden: number
  last: Notice
}

/** Creates a printer of notices. The first of a kind is always printed in full. */
export function limitRepeats(clock: Clock, print: (text: string) => void): Repeats {
  const kinds = new Map<string, Kind>()
  const stopping = new AbortController()

  function flush(kind: Kind): void {
    const { hidden, last } = kind
    kind.since = clock.now()
    kind.shown = 0
    kind.hidden = 0
    if (hidden > 0) print(last.counted(hidden))
  }

  function begin(notice: Notice): void {
    const now = clock.now()
    const kind: Kind = { fullAt: now, since: now, shown: 0, hidden: 0, last: notice }
    kinds.delete(notice.key)
    kinds.set(notice.key, kind)
    print(notice.full)
    const [oldest] = kinds.keys()
    if (kinds.size > mostKinds && oldest !== undefined) kinds.delete(oldest)
  }

  function hide(kind: Kind, notice: Notice): void {
    kind.last = notice
    kind.hidden += 1
    if (kind.hidden > 1) return
    const wait = kind.since + window - clock.now()
    void clock.sleep(wait, stopping.signal).then(() => flush(kind))
  }

  return {
    tell(notice) {
      const kind = kinds.get(notice.key)
      if (kind === undefined) return begin(notice)
      const now = clock.now()
      if (kind.hidden === 0 && now >= kind.fullAt + memory) return begin(notice)
      if (kind.hidden === 0 && now >= kind.since + window) flush(kind)
      if (kind.shown >= notice.burst) return hide(kind, notice)
      kind.shown += 1
      print(notice.short)
    },
    stop() {
      stopping.abort()
    },
  }
}
