import { parse, parseNumber, parseWhole } from '../arguments.ts'
import { mostCommitMs } from './plan-flood.ts'
import type { SpikeOptions } from './spike.ts'

/**
 * Reads the arguments of `spillway spike`.
 *
 * @throws UsageError for invalid arguments
 */
export function parseSpike(args: readonly string[]): SpikeOptions {
  const parsed = parse(
    args,
    {
      rate: { type: 'string' },
      seconds: { type: 'string' },
      'max-connections': { type: 'string' },
      'commit-ms': { type: 'string' },
      environments: { type: 'string' },
      json: { type: 'boolean' },
      html: { type: 'string' },
    },
    'folder',
  )
  function number(name: string, min: number, max: number, parseText = parseNumber): number | undefined {
    const value = parsed.text(name)
    return value === undefined ? undefined : parseText(`--${name}`, value, min, max)
  }
  return {
    folder: parsed.positionals[0] ?? '.',
    rate: number('rate', 1, 20_000),
    seconds: number('seconds', 1, 3600) ?? 10,
    maxConnections: number('max-connections', 1, 10_000, parseWhole),
    commitMs: number('commit-ms', 0, mostCommitMs),
    environments: number('environments', 1, 1000, parseWhole),
    json: parsed.is('json'),
    html: parsed.text('html'),
  }
}
