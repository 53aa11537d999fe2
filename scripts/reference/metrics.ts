import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { counters, durations } from '../../packages/message/src/telemetry.ts'
import { root } from '../workspace.ts'
import { type Blocks, code, toTable } from './blocks.ts'
import { toLine } from './members.ts'

const unitNames: Readonly<Record<string, string>> = {
  '{message}': 'messages',
  '{record}': 'records',
  '{request}': 'requests',
  By: 'bytes',
  ms: 'milliseconds',
}

/** The metrics, each with its unit and its attributes. */
export const metricBlocks: Blocks = {
  counters: describe(counters),
  durations: describe(durations),
}

function describe(metrics: Readonly<Record<string, string>>): string {
  const source = readFileSync(join(root, 'packages/message/src/telemetry.ts'), 'utf8')
  const rows = Object.entries(metrics).map(([name, unit]) => {
    const doc = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*'${name}'`).exec(source)?.[1] ?? ''
    const [meaning = '', attributes = 'none'] = toLine(doc).split(/ ?Attributes?: /)
    return [code(name), unitNames[unit] ?? unit, attributes.replace(/\.$/, ''), meaning]
  })
  return toTable(['metric', 'unit', 'attributes', 'meaning'], rows)
}
