import { formatMs, type SpikeFigures } from '../report.ts'
import type { DesignFigures } from '../run-design.ts'
import type { Interval } from '../sampler.ts'
import { type Chart, frame, note, path, rule } from './chart.ts'
import { linearScale, logScale, type Scale, timeScale } from './scale.ts'
import { areaPath, coordinate, linePath, steps } from './svg.ts'

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
const number = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 1 })

/** The four pairs of charts of a spike. */
export function toChartPairs(figures: SpikeFigures): readonly ChartPair[] {
  return [requests(figures), backlog(figures), connections(figures), latency(figures)]
}

type Draw = (
  design: Design,
  figures: DesignFigures,
  scales: { readonly x: Scale; readonly y: Scale },
) => Omit<Chart, 'id' | 'heading' | 'x' | 'y' | 'floodEnds'>

/** Draws both designs on the same scales. */
function drawPair(figures: SpikeFigures, name: string, y: Scale, draw: Draw): readonly Chart[] {
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
function most(figures: SpikeFigures, value: (interval: Interval, perSecond: number) => number): number {
  const values = designs.flatMap((design) => {
    const { intervals, intervalMs } = figures[design].series
    return intervals.map((interval) => value(interval, 1000 / intervalMs))
  })
  return Math.max(...values)
}

/** The x of the beginning of an interval. */
function xOf(x: Scale, intervalMs: number): (interval: number) => number {
  return (interval) => x((interval * intervalMs) / 1000)
}

function requests(figures: SpikeFigures): ChartPair {
  const perSecond = most(
    figures,
    ({ arrivals, accepted, failed }, factor) => Math.max(arrivals, accepted + failed) * factor,
  )
  const y = linearScale(perSecond, frame.bottom, frame.top)
  return {
    heading: 'Requests per second',
    explanation:
      'What arrives, and how it is answered. Both designs get the same requests at the same times.',
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

function backlog(figures: SpikeFigures): ChartPair {
  const y = linearScale(
    most(figures, (interval) => interval.backlog),
    frame.bottom,
    frame.top,
  )
  return {
    heading: 'Backlog',
    explanation: 'Messages that were accepted and wait to be written. They are safe in the queue.',
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
          : [note('Nowhere to wait: what finds no connection fails.')],
      }
    }),
  }
}

function connections(figures: SpikeFigures): ChartPair {
  const highest = Math.max(
    figures.synchronous.budget,
    most(figures, (interval) => interval.connections),
  )
  const y = linearScale(highest * 1.2, frame.bottom, frame.top)
  return {
    heading: 'Database connections',
    explanation:
      'The most that the functions held at once, against all that they may hold. A red mark: the database refused others.',
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

function latency(figures: SpikeFigures): ChartPair {
  const highest = most(figures, ({ p99Ms }) => p99Ms ?? 0)
  const lowest = -most(figures, ({ p50Ms }) => -(p50Ms ?? Number.POSITIVE_INFINITY))
  const y = logScale(lowest, highest, frame.bottom, frame.top)
  return {
    heading: 'Latency',
    explanation:
      'From when a request was due to its answer, whatever it was: a refusal is quick. Logarithmic.',
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
