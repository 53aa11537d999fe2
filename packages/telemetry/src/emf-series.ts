import type { TelemetryAttributes } from '@spillway/message'

/** The metrics that have the same dimensions. */
export interface Series {
  /** Names and values of the dimensions, in the order of the option `dimensions`. */
  readonly dimensions: readonly (readonly [name: string, value: string])[]
  /** Counters, summed. */
  readonly counts: ReadonlyMap<string, number>
  /** Every single duration, because percentiles need each value. */
  readonly durations: ReadonlyMap<string, readonly number[]>
}

/** The metrics that have not been written yet. */
export interface GatheredSeries {
  count(name: string, value: number, attributes: TelemetryAttributes): void
  duration(name: string, milliseconds: number, attributes: TelemetryAttributes): void
  /** How many values are held. */
  size(): number
  /** Returns the gathered values and clears them in one step, because concurrent invocations share it. */
  take(): readonly Series[]
}

interface OpenSeries extends Series {
  readonly counts: Map<string, number>
  readonly durations: Map<string, number[]>
}

/** Groups metrics by the values of the allowed attributes; other attributes are ignored, and their metrics summed. */
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

/** CloudWatch accepts 1 to 1,024 printable ASCII characters (API Reference, Dimension). */
function dimensionValue(value: unknown): string {
  return String(value ?? '')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 1024)
    .trim()
}
