import { meant, type Parsed, parse, parseDuration, parseNumber, parsePort, UsageError } from '../arguments.ts'
import type { QueueChoice } from './open-queue.ts'
import type { ParkedOptions } from './parked.ts'
import type { Filters } from './select.ts'

/** The flags that choose a queue and copies in it. */
export const copyFlags = {
  endpoint: { type: 'string' },
  region: { type: 'string' },
  code: { type: 'string', multiple: true },
  key: { type: 'string', multiple: true },
  id: { type: 'string', multiple: true },
  'older-than': { type: 'string' },
  'newer-than': { type: 'string' },
  limit: { type: 'string' },
  force: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

const actions = ['list', 'show']

/** Reads the arguments of `spillway parked`. */
export function parseParked(args: readonly string[]): ParkedOptions {
  const [action = '', ...rest] = args
  if (!actions.includes(action)) {
    if (action === '' || action.startsWith('-'))
      throw new UsageError('give an action: spillway parked list, or spillway parked show.')
    throw new UsageError(`unknown action 'parked ${action}'.${meant(action, actions)}`)
  }
  const show = action === 'show'
  const parsed = parse(rest, { ...copyFlags, ...(show && { body: { type: 'boolean' } }) }, 'queue')
  const { filters, ...common } = parseCommon(parsed)
  if (show && filters.ids.length !== 1) throw new UsageError('parked show needs exactly one --id.')
  return { ...common, filters, action: show ? 'show' : 'list', body: parsed.is('body') }
}

/** Parses the flags that `spillway parked` and `spillway redrive` share. */
export function parseCommon(parsed: Parsed) {
  return {
    queue: parseQueue(parsed),
    filters: parseFilters(parsed),
    limit: parseWhole('--limit', parsed.text('limit') ?? '1000', 1, 100_000),
    force: parsed.is('force'),
    json: parsed.is('json'),
  }
}

function parseQueue(parsed: Parsed): QueueChoice {
  const endpoint = parsed.text('endpoint')
  if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:/.test(endpoint)))
    throw new UsageError(`--endpoint must be a URL, not '${endpoint}'.`)
  const control = `http://127.0.0.1:${parsePort(process.env.PORT) + 1}`
  return { queue: parsed.positionals[0], endpoint, region: parsed.text('region'), control }
}

function parseFilters(parsed: Parsed): Filters {
  const filters = {
    codes: parsed.texts('code'),
    keys: parsed.texts('key'),
    ids: parsed.texts('id'),
    olderThan: parseDuration('--older-than', parsed.text('older-than')),
    newerThan: parseDuration('--newer-than', parsed.text('newer-than')),
  }
  for (const [name, values] of [
    ['--code', filters.codes],
    ['--key', filters.keys],
    ['--id', filters.ids],
  ] as const) {
    // `--key "$UNSET"` must not choose other copies than the user meant.
    if (values.includes('')) throw new UsageError(`${name} must not be empty.`)
  }
  return filters
}

function parseWhole(name: string, value: string, min: number, max: number): number {
  const number = parseNumber(name, value, min, max)
  if (Number.isInteger(number)) return number
  throw new UsageError(`${name} must be a whole number, not '${value}'.`)
}
