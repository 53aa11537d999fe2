import { parseArgs } from 'node:util'
import { toError } from '@spillway/message'
import { nearest } from '@spillway/message/internal'

/** The error of an invalid command line. */
export class UsageError extends Error {}

/** The flags of a command. */
export type Flags = Readonly<
  Record<string, { readonly type: 'string' | 'boolean'; readonly multiple?: boolean }>
>

/** The result of {@link parse}. */
export interface Parsed {
  readonly positionals: readonly string[]
  /** The value of a flag that takes one. */
  text(name: string): string | undefined
  /** All values of a flag that may be given several times. */
  texts(name: string): readonly string[]
  is(name: string): boolean
}

/**
 * Reads the arguments of a command.
 *
 * @param what the name of the only positional argument, for example `folder`
 * @throws UsageError for an unknown flag, a flag without its value, or more than one positional argument
 */
export function parse(args: readonly string[], flags: Flags, what: string): Parsed {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { ...flags },
      allowPositionals: true,
      strict: true,
    })
    if (positionals.length > 1) throw new Error(`expected one ${what}, but got ${positionals.length}.`)
    const found = values as Readonly<Record<string, string | boolean | readonly string[] | undefined>>
    return {
      positionals,
      text(name) {
        const value = found[name]
        return typeof value === 'string' ? value : undefined
      },
      texts(name) {
        const value = found[name]
        return Array.isArray(value) ? value : []
      },
      is: (name) => found[name] === true,
    }
  } catch (thrown) {
    const { message } = toError(thrown)
    const typed = /Unknown option '--?([^']+)'/.exec(message)?.[1]
    if (typed === undefined) throw new UsageError(message)
    throw new UsageError(`unknown option --${typed}.${meant(typed, Object.keys(flags), '--')}`)
  }
}

/** ` Did you mean …?` with the most similar name; empty when no name is similar. */
export function meant(typed: string, names: readonly string[], prefix = "'"): string {
  const name = nearest(typed, names)
  if (name === undefined) return ''
  return ` Did you mean ${prefix === '--' ? `--${name}` : `'${name}'`}?`
}

/**
 * Parses a number.
 *
 * @throws UsageError when it is not a number or not in the range
 */
export function parseNumber(name: string, value: string, min: number, max: number): number {
  const number = Number(value)
  if (value.trim() !== '' && Number.isFinite(number) && number >= min && number <= max) return number
  throw new UsageError(`${name} must be a number from ${min} to ${max}, not '${value}'.`)
}

/** @throws UsageError for anything but a whole number in the range */
export function parseWhole(name: string, value: string, min: number, max: number): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= min && number <= max) return number
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}, not '${value}'.`)
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Parses a duration such as `90s`, `30m`, `2h` or `7d` into milliseconds.
 *
 * @throws UsageError when it has another form
 */
export function parseDuration(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(value) ?? []
  const unitMs = units[unit]
  if (number === undefined || unitMs === undefined) {
    throw new UsageError(`${name} must be a duration such as 90s, 30m, 2h or 7d, not '${value}'.`)
  }
  return Number(number) * unitMs
}

/**
 * Parses the port of the gateway. Default 3000.
 *
 * @throws UsageError when it is not a port, or has no next port
 */
export function parsePort(value: string | undefined): number {
  if (value === undefined || value === '') return 3000
  const port = Number(value)
  // The control server listens on the next port.
  if (/^\d+$/.test(value) && port <= 65_534) return port
  throw new UsageError(`PORT must be a whole number from 0 to 65534, not '${value}'.`)
}
