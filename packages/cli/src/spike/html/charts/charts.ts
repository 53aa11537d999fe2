import type { SpikeFigures } from '../../report.ts'
import { backlog } from './backlog.ts'
import { connections } from './connections.ts'
import { latency } from './latency.ts'
import type { ChartPair } from './pair.ts'
import { requests } from './requests.ts'

/** The four pairs of charts of a spike. */
export function toChartPairs(figures: SpikeFigures): readonly ChartPair[] {
  return [requests(figures), backlog(figures), connections(figures), latency(figures)]
}
