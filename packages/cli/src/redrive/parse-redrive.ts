import { parse, parseNumber, UsageError } from '../arguments.ts'
import { copyFlags, parseCommon } from '../parked/parse-parked.ts'
import type { RedriveOptions } from './redrive.ts'

/** Reads the arguments of `spillway redrive`. */
export function parseRedrive(args: readonly string[]): RedriveOptions {
  const parsed = parse(
    args,
    {
      ...copyFlags,
      to: { type: 'string' },
      'to-stream': { type: 'string' },
      rate: { type: 'string' },
      execute: { type: 'boolean' },
      edit: { type: 'boolean' },
      message: { type: 'string' },
    },
    'queue',
  )
  const { limit, ...common } = parseCommon(parsed)
  const to = parsed.text('to')
  const toStream = parsed.text('to-stream')
  const message = parsed.text('message')
  if (to !== undefined && toStream !== undefined) throw new UsageError('give --to or --to-stream, not both.')
  for (const [name, value] of Object.entries({ to, 'to-stream': toStream, message })) {
    if (value === '') throw new UsageError(`--${name} must not be empty.`)
  }
  if (message !== undefined && !parsed.is('edit'))
    throw new UsageError('--message validates edited bodies: add --edit.')
  return {
    ...common,
    to,
    toStream,
    message,
    limit: parsed.text('limit') === undefined ? undefined : limit,
    rate: parseNumber('--rate', parsed.text('rate') ?? '10', 0.01, 1000),
    execute: parsed.is('execute'),
    edit: parsed.is('edit'),
  }
}
