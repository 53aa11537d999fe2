/** Maps a value to a coordinate. */
export interface Scale {
  (value: number): number
  /** The values with labels on the axis. */
  readonly ticks: readonly number[]
}

/** A linear scale from 0 to at least `most`, which ends at a tick. */
export function linearScale(most: number, from: number, to: number, tickCount = 4): Scale {
  const step = niceStep(most / tickCount)
  const end = Math.max(1, Math.ceil(most / step - 1e-9)) * step
  const scale = (value: number) => from + ((to - from) * value) / end
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, n) => n * step)
  return Object.assign(scale, { ticks })
}

/** A linear scale from 0 to exactly `most`. */
export function timeScale(most: number, from: number, to: number): Scale {
  const step = niceStep(most / 6)
  const scale = (value: number) => from + ((to - from) * value) / most
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, n) => n * step)
  return Object.assign(scale, { ticks })
}

/** A logarithmic scale over whole powers of ten; smaller values are drawn at its first tick. */
export function logScale(least: number, most: number, from: number, to: number): Scale {
  const first = Math.floor(Math.log10(Math.max(least, 1)))
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(most, 1))))
  const scale = (value: number) => {
    const power = Math.max(first, Math.log10(Math.max(value, 1e-9)))
    return from + ((to - from) * (power - first)) / (last - first)
  }
  const ticks = Array.from({ length: last - first + 1 }, (_, n) => 10 ** (first + n))
  return Object.assign(scale, { ticks })
}

/** The next larger of 1, 2, 5, 10, 20, 50, … A count has no smaller step than 1. */
function niceStep(raw: number): number {
  if (raw <= 1) return 1
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw - 1e-9) ?? 10
  return step * power
}
