import { formatMs, type SpikeFigures } from '../../report.ts'
import type { Interval } from '../../sampler.ts'
import { frame, path } from '../chart.ts'
import { logScale } from '../scale.ts'
import { linePath } from '../svg.ts'
import { type ChartPair, drawPair, most, xOf } from './pair.ts'

/** How long a request waits for its response. */
export function latency(figures: SpikeFigures): ChartPair {
  const highest = most(figures, ({ p99Ms }) => p99Ms ?? 0)
  const lowest = -most(figures, ({ p50Ms }) => -(p50Ms ?? Number.POSITIVE_INFINITY))
  const y = logScale(lowest, highest, frame.bottom, frame.top)
  return {
    heading: 'Latency',
    explanation:
      'The time from when a request was due to its response. An error response can be quick. The scale is logarithmic.',
    legend: [
      ['spike-p50', 'p50'],
      ['spike-p99', 'p99'],
    ],
    charts: drawPair(figures, 'latency', y, (design, { p50Ms, p99Ms, series }, scales) => {
      const at = xOf(scales.x, series.intervalMs)
      const curve = (value: (interval: Interval) => number | null) =>
        linePath(
          series.intervals.map((interval, n) => {
            const ms = value(interval)
            return ms === null ? null : [at(n + 0.5), scales.y(ms)]
          }),
        )
      return {
        summary: `p50 ${formatMs(p50Ms)}, p99 ${formatMs(p99Ms)}`,
        isBad: false,
        title: `Latency, ${design} design`,
        description: `Half of the requests were answered within ${formatMs(p50Ms)}, 99 of 100 within ${formatMs(p99Ms)}.`,
        tickLabel: formatMs,
        marks: [
          path(
            'spike-p99',
            curve((interval) => interval.p99Ms),
          ),
          path(
            'spike-p50',
            curve((interval) => interval.p50Ms),
          ),
        ],
      }
    }),
  }
}
