import Table from 'cli-table3'
import type { FloodNumbers } from './calibrate.ts'
import type { DesignFigures } from './run-design.ts'

/** The machine that a spike ran on. */
export interface MachineFacts {
  readonly processors: number
  readonly memoryGib: number
  readonly platform: string
  readonly node: string
}

/** The settings of a spike. */
export interface SpikeSettings extends FloodNumbers {
  readonly seconds: number
}

/** The output of `spillway spike --json`. */
export interface SpikeFigures {
  readonly settings: SpikeSettings
  readonly machine: MachineFacts
  readonly synchronous: DesignFigures
  readonly buffered: DesignFigures
}

/** A line of the table of figures. */
export interface FigureRow {
  readonly label: string
  readonly synchronous: string
  readonly buffered: string
}

/** `12.3 ms`, `123 ms`, `1.23 s` */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${number(Number((ms / 1000).toPrecision(3)))} s`
  return `${number(Number(ms.toPrecision(3)))} ms`
}

type Cell = (figures: DesignFigures) => string

const number = (value: number) => value.toLocaleString('en')

const cells: readonly (readonly [label: string, cell: Cell])[] = [
  ['arrivals', ({ sent }) => number(sent)],
  ['accepted (2xx)', ({ accepted }) => number(accepted)],
  ['failed', ({ failed, answers }) => `${number(failed)}${describeFailures(answers)}`],
  ['written', ({ written }) => number(written)],
  ['dead-lettered', ({ parked }) => number(parked)],
  ['lost after 2xx', ({ lost }) => number(lost)],
  ['latency p50', ({ p50Ms }) => formatMs(p50Ms)],
  ['latency p99', ({ p99Ms }) => formatMs(p99Ms)],
  ['peak connections', ({ peakConnections, budget }) => `${number(peakConnections)} of ${number(budget)}`],
  ['connections refused (53300)', ({ refusedConnections }) => number(refusedConnections)],
  ['peak backlog', ({ peakBacklog }) => number(peakBacklog)],
  ['time to drain', ({ drainSeconds }) => `${number(drainSeconds)} s`],
  ['limited by', ({ limitedBy }) => limitedBy.map(({ by }) => by).join(', ')],
]

/** The figures of both designs, as texts. */
export function toRows({ synchronous, buffered }: SpikeFigures): readonly FigureRow[] {
  return cells.map(([label, cell]) => ({
    label,
    synchronous: cell(synchronous),
    buffered: cell(buffered),
  }))
}

/** The figures for a page about a spike: all except those over time. */
export function toSummary({ synchronous, buffered, ...rest }: SpikeFigures) {
  const { series: _, ...first } = synchronous
  const { series: __, ...second } = buffered
  return { ...rest, synchronous: first, buffered: second }
}

/** The two designs side by side, and their limits. */
export function toTable(figures: SpikeFigures): string {
  const table = new Table({
    head: ['', 'synchronous', 'buffered'],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [] },
  })
  for (const { label, synchronous, buffered } of toRows(figures)) table.push([label, synchronous, buffered])
  const limits = (['synchronous', 'buffered'] as const).map((design) => toLimits(design, figures[design]))
  return [table.toString(), ...limits, toVerdict(figures)].join('\n')
}

/** The result of the flood for each design, in one sentence. */
export function toVerdict({ synchronous, buffered }: SpikeFigures): string {
  const lost = synchronous.lost + buffered.lost
  if (lost > 0) return `${number(lost)} requests were answered 2xx but are lost. This must never happen.`
  return `Of ${number(synchronous.sent)} requests the synchronous design failed ${number(synchronous.failed)}, the buffered one ${number(buffered.failed)}. Everything accepted was written or dead-lettered.`
}

function toLimits(design: string, { limitedBy }: DesignFigures): string {
  return `${design}: limited by ${limitedBy.map(({ by, why }) => `${by} (${why})`).join('; ')}`
}

/** ` (500: 12, ETIMEDOUT: 3)`, or nothing if nothing failed. */
function describeFailures(answers: DesignFigures['answers']): string {
  const failures = Object.entries(answers).filter(([answer]) => !/^2\d\d$/.test(answer))
  if (failures.length === 0) return ''
  return ` (${failures.map(([answer, count]) => `${answer}: ${number(count)}`).join(', ')})`
}
