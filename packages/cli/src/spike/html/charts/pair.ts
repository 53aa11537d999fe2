import type { SpikeFigures } from '../../report.ts'
import type { DesignFigures } from '../../run-design.ts'
import type { Interval } from '../../sampler.ts'
import { type Chart, frame } from '../chart.ts'
import { type Scale, timeScale } from '../scale.ts'

/** The designs, in the order in which they are shown. */
const designs = ['synchronous', 'buffered'] as const
type Design = (typeof designs)[number]

/** A pair of charts with the same scales, one of each design. */
export interface ChartPair {
  readonly heading: string
  /** How to read it. */
  readonly explanation: string
  /** The classes and the names of its marks. */
  readonly legend: readonly (readonly [className: string, name: string])[]
  readonly charts: readonly Chart[]
}

const names: Readonly<Record<Design, string>> = { synchronous: 'Synchronous', buffered: 'Buffered' }

/** A number in a text. */
export const number = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 1 })

type Draw = (
  design: Design,
  figures: DesignFigures,
  scales: { readonly x: Scale; readonly y: Scale },
) => Omit<Chart, 'id' | 'heading' | 'x' | 'y' | 'floodEnds'>

/** Draws both designs on the same scales. */
export function drawPair(figures: SpikeFigures, name: string, y: Scale, draw: Draw): readonly Chart[] {
  const x = timeScale(endOf(figures), frame.left, frame.right)
  return designs.map((design) => ({
    id: `spike-${name}-${design}`,
    heading: names[design],
    x,
    y,
    floodEnds: figures.settings.seconds,
    ...draw(design, figures[design], { x, y }),
  }))
}

/** When the longer of the two ended. Seconds. */
function endOf({ synchronous, buffered }: SpikeFigures): number {
  return Math.max(
    ...[synchronous, buffered].map(({ series }) => (series.intervals.length * series.intervalMs) / 1000),
  )
}

/** The largest value of any interval of either design. */
export function most(
  figures: SpikeFigures,
  value: (interval: Interval, perSecond: number) => number,
): number {
  const values = designs.flatMap((design) => {
    const { intervals, intervalMs } = figures[design].series
    return intervals.map((interval) => value(interval, 1000 / intervalMs))
  })
  return Math.max(...values)
}

/** The x of the beginning of an interval. */
export function xOf(x: Scale, intervalMs: number): (interval: number) => number {
  return (interval) => x((interval * intervalMs) / 1000)
}
