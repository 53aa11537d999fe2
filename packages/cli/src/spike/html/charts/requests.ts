import type { SpikeFigures } from '../../report.ts'
import type { Interval } from '../../sampler.ts'
import { frame, path } from '../chart.ts'
import { linearScale } from '../scale.ts'
import { areaPath, linePath, steps } from '../svg.ts'
import { type ChartPair, drawPair, most, number, xOf } from './pair.ts'

/** The requests that arrive, and their responses. */
export function requests(figures: SpikeFigures): ChartPair {
  const perSecond = most(
    figures,
    ({ arrivals, accepted, failed }, factor) => Math.max(arrivals, accepted + failed) * factor,
  )
  const y = linearScale(perSecond, frame.bottom, frame.top)
  return {
    heading: 'Requests per second',
    explanation: 'Requests and their responses. Both designs get the same requests at the same times.',
    legend: [
      ['spike-arrivals', 'arrivals'],
      ['spike-accepted', 'accepted'],
      ['spike-failed', 'failed'],
    ],
    charts: drawPair(figures, 'requests', y, (design, { sent, accepted, failed, series }, scales) => {
      const { intervals, intervalMs } = series
      const at = xOf(scales.x, intervalMs)
      const curve = (value: (interval: Interval) => number) =>
        steps(
          intervals.map((interval) => (value(interval) * 1000) / intervalMs),
          at,
          scales.y,
        )
      const good = curve((interval) => interval.accepted)
      const arrivals = curve((interval) => interval.arrivals)
      // The line ends with the flood.
      const due = intervals.findLastIndex((interval) => interval.arrivals > 0) + 1
      return {
        summary:
          failed === 0 ? `all ${number(sent)} accepted` : `${number(failed)} of ${number(sent)} failed`,
        isBad: failed > 0,
        title: `Requests per second, ${design} design`,
        description: `${number(sent)} requests arrived: ${number(accepted)} were accepted and ${number(failed)} failed.`,
        tickLabel: number,
        marks: [
          path(
            'spike-accepted',
            areaPath(
              good,
              curve(() => 0),
            ),
          ),
          path(
            'spike-failed',
            areaPath(
              curve((interval) => interval.accepted + interval.failed),
              good,
            ),
          ),
          path('spike-arrivals', linePath(arrivals.slice(0, 2 * due))),
        ],
      }
    }),
  }
}
