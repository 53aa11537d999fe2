import Table from 'cli-table3'
import type { DesignFigures } from './run-design.ts'

/** What `spillway spike --json` prints. */
export interface SpikeFigures {
  readonly synchronous: DesignFigures
  readonly buffered: DesignFigures
}

const rows: readonly (readonly [keyof DesignFigures, string, string])[] = [
  ['sent', 'sent', ''],
  ['accepted', 'accepted (2xx)', ''],
  ['failed', 'failed', ''],
  ['lost', 'lost after 2xx', ''],
  ['refusedConnections', 'connections refused (53300)', ''],
  ['peakConnections', 'peak connections', ''],
  ['p50Ms', 'answer p50', ' ms'],
  ['p99Ms', 'answer p99', ' ms'],
  ['drainSeconds', 'time to drain', ' s'],
]

/** The two designs side by side. */
export function toTable(figures: SpikeFigures): string {
  const table = new Table({
    head: ['', 'synchronous', 'buffered'],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [] },
  })
  for (const [name, label, unit] of rows) {
    const cell = (value: number) => `${value.toLocaleString('en')}${unit}`
    table.push([label, cell(figures.synchronous[name]), cell(figures.buffered[name])])
  }
  return table.toString()
}
