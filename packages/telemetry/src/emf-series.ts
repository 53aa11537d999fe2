import type { TelemetryAttributes } from '@spillway/message'

/** The numbers that have the same dimensions. */
export interface Series {
  /** Names and values of the dimensions, in the order in which they were allowed. */
  readonly dimensions: readonly (readonly [name: string, value: string])[]
  /** Counters, summed. */
  readonly counts: ReadonlyMap<string, number>
  /** Durations, one by one: percentiles need each of them. */
  readonly durations: ReadonlyMap<string, readonly number[]>
}

/** Numbers that wait to be written. */
export interface GatheredSeries {
  count(name: string, value: number, attributes: TelemetryAttributes): void
  duration(name: string, milliseconds: number, attributes: TelemetryAttributes): void
  /** How many values are held. */
  size(): number
  /** Hands over what was gathered and begins anew, in one step: invocations that run side by side share this. */
  take(): readonly Series[]
}

interface OpenSeries extends Series {
  readonly counts: Map<string, number>
  readonly durations: Map<string, number[]>
}

/** Gathers numbers by the values of the allowed attributes; the others are left out, and their numbers summed. */
export function gatherSeries(allowed: readonly string[]): GatheredSeries {
  let held = new Map<string, OpenSeries>()
  let size = 0

  function seriesOf(attributes: TelemetryAttributes): OpenSeries {
    const dimensions = allowed.flatMap((name): [string, string][] => {
      const value = Object.hasOwn(attributes, name) ? dimensionValue(attributes[name]) : ''
      return value === '' ? [] : [[name, value]]
    })
    const id = JSON.stringify(dimensions)
    const found = held.get(id) ?? { dimensions, counts: new Map(), durations: new Map() }
    held.set(id, found)
    return found
  }

  return {
    count(name, value, attributes) {
      if (!Number.isFinite(value)) return
      const { counts } = seriesOf(attributes)
      if (!counts.has(name)) size++
      counts.set(name, (counts.get(name) ?? 0) + value)
    },
    duration(name, milliseconds, attributes) {
      if (!Number.isFinite(milliseconds)) return
      const { durations } = seriesOf(attributes)
      const values = durations.get(name) ?? []
      durations.set(name, values)
      values.push(milliseconds)
      size++
    },
    size: () => size,
    take() {
      const taken = [...held.values()]
      held = new Map()
      size = 0
      return taken
    },
  }
}

/** CloudWatch takes 1 to 1,024 printable ASCII characters (API Reference, Dimension). */
function dimensionValue(value: unknown): string {
  return String(value ?? '')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 1024)
    .trim()
}
