import {
  defaultMaxConnections,
  type EngineName,
  engines,
  instanceClasses,
} from '../../docs/.vitepress/theme/calculator/instance-classes.ts'
import { code, toTable } from './blocks.ts'

const kinds = Object.keys(engines) as EngineName[]

/** The default `max_connections` of each instance class of the calculator. */
export const instanceClassTable: string = toTable(
  ['instance class', 'vCPU', 'memory', ...kinds.map((kind) => engines[kind].label)],
  instanceClasses.map((each) => [
    code(each.name),
    String(each.vcpu),
    `${each.memory} GiB`,
    ...kinds.map((kind) => defaultMaxConnections(kind, each).toLocaleString('en')),
  ]),
)
