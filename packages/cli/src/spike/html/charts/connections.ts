import type { SpikeFigures } from '../../report.ts'
import { frame, path, rule } from '../chart.ts'
import { linearScale } from '../scale.ts'
import { areaPath, coordinate, steps } from '../svg.ts'
import { type ChartPair, drawPair, most, number, xOf } from './pair.ts'

/** The connections that the functions hold, against their budget. */
export function connections(figures: SpikeFigures): ChartPair {
  const highest = Math.max(
    figures.synchronous.budget,
    most(figures, (interval) => interval.connections),
  )
  const y = linearScale(highest * 1.2, frame.bottom, frame.top)
  return {
    heading: 'Database connections',
    explanation:
      'The most connections that the functions held at once, and their limit. A red mark shows that the database refused others.',
    legend: [
      ['spike-connections', 'held'],
      ['spike-budget', 'budget'],
      ['spike-refused', 'refused'],
    ],
    charts: drawPair(figures, 'connections', y, (design, own, scales) => {
      const { series, budget, peakConnections, refusedConnections } = own
      const at = xOf(scales.x, series.intervalMs)
      const held = steps(
        series.intervals.map((interval) => interval.connections),
        at,
        scales.y,
      )
      const base = held.map(([x]) => [x, scales.y(0)] as const)
      const refusals = series.intervals.flatMap(({ refused }, n) => {
        const [from, to] = [at(n), at(n + 1)].map(coordinate)
        return refused === 0 ? [] : `M${from} ${frame.top + 2}H${to}`
      })
      return {
        summary:
          refusedConnections > 0
            ? `${number(refusedConnections)} refused`
            : `${peakConnections} of ${budget} used`,
        isBad: refusedConnections > 0,
        title: `Database connections, ${design} design`,
        description: `At most ${peakConnections} of ${budget} connections were held; the database refused ${number(refusedConnections)}.`,
        tickLabel: number,
        marks: [
          path('spike-connections', areaPath(held, base)),
          rule(scales.y(budget), `budget ${budget}`),
          ...(refusals.length === 0 ? [] : [path('spike-refused', refusals.join(''))]),
        ],
      }
    }),
  }
}
