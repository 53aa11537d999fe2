import type { SpikeFigures } from '../../report.ts'
import { frame, note, path } from '../chart.ts'
import { linearScale } from '../scale.ts'
import { areaPath } from '../svg.ts'
import { type ChartPair, drawPair, most, number, xOf } from './pair.ts'

/** How many messages wait in the queue. */
export function backlog(figures: SpikeFigures): ChartPair {
  const y = linearScale(
    most(figures, (interval) => interval.backlog),
    frame.bottom,
    frame.top,
  )
  return {
    heading: 'Backlog',
    explanation: 'Accepted messages that wait to be written. They are stored in the queue.',
    legend: [['spike-backlog', 'messages in the queue']],
    charts: drawPair(figures, 'backlog', y, (design, { peakBacklog, drainSeconds, series }, scales) => {
      const at = xOf(scales.x, series.intervalMs)
      const points = series.intervals.map(({ backlog }, n) => [at(n + 1), scales.y(backlog)] as const)
      const base = points.map(([x]) => [x, scales.y(0)] as const)
      const hasQueue = design === 'buffered'
      return {
        summary: hasQueue
          ? `${number(peakBacklog)} at most, empty ${number(drainSeconds)} s after`
          : 'no queue',
        isBad: false,
        title: `Backlog, ${design} design`,
        description: hasQueue
          ? `At most ${number(peakBacklog)} messages waited; all were written ${number(drainSeconds)} s after the last request.`
          : 'This design has no queue: a request that finds no connection fails.',
        tickLabel: number,
        marks: hasQueue
          ? [path('spike-backlog', areaPath(points, base))]
          : [note('No queue: a request without a connection fails.')],
      }
    }),
  }
}
