import { parseArgs } from 'node:util'
import { SpillwayError, toError } from '@spillway/message'
import { nearest } from '@spillway/message/internal'
import { dev } from './dev/dev.ts'
import { spike } from './spike/spike.ts'

const usage = `Usage: spillway <command> [folder] [options]

  dev [folder]      run the app in the folder (default: this one) on embedded back ends
    PORT=3000         the port of the HTTP gateway; the control server takes the next one

  spike [folder]    flood the app's two designs and show what each of them loses
    --rate 400        requests a second
    --seconds 10      how long
    --commit-ms 40    how long the database gathers commits before it writes them
    --json            print the figures as JSON, and nothing else, on standard output

  help              this text
`

/**
 * Runs the command line.
 *
 * @returns the exit code: 0 for success, 1 for a failure, 2 for a command line that cannot be understood.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv
  try {
    switch (command) {
      case 'dev':
        return await dev(parseDev(rest))
      case 'spike':
        return await spike(parseSpike(rest))
      case 'help':
      case '--help':
      case '-h':
        process.stdout.write(usage)
        return 0
      default:
        throw new UsageError(unknownCommand(command))
    }
  } catch (thrown) {
    if (thrown instanceof UsageError) {
      process.stderr.write(`spillway: ${thrown.message}\n\n${usage}`)
      return 2
    }
    const error = toError(thrown)
    // An error of ours says what to do; the stack of any other is what a bug report needs.
    process.stderr.write(
      error instanceof SpillwayError ? `spillway: ${error.message}\n` : `${error.stack ?? error.message}\n`,
    )
    return 1
  }
}

class UsageError extends Error {}

function unknownCommand(command: string | undefined): string {
  if (command === undefined) return 'name a command.'
  const meant = nearest(command, ['dev', 'spike', 'help'])
  return `there is no command '${command}'.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`
}

function parseDev(args: readonly string[]) {
  const { positionals } = parse(args, {})
  return { folder: positionals[0] ?? '.', port: parsePort(process.env.PORT) }
}

function parseSpike(args: readonly string[]) {
  const { positionals, values } = parse(args, {
    rate: { type: 'string' },
    seconds: { type: 'string' },
    'commit-ms': { type: 'string' },
    json: { type: 'boolean' },
  })
  return {
    folder: positionals[0] ?? '.',
    rate: parseNumber('--rate', values.rate ?? '400', 1, 20_000),
    seconds: parseNumber('--seconds', values.seconds ?? '10', 1, 3600),
    commitMs: parseNumber('--commit-ms', values['commit-ms'] ?? '40', 0, 100),
    json: values.json === true,
  }
}

type Flags = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>

function parse(args: readonly string[], flags: Flags) {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { ...flags },
      allowPositionals: true,
      strict: true,
    })
    if (positionals.length > 1)
      throw new Error(`there is one folder to name, but there are ${positionals.length}.`)
    return { positionals, values: values as Readonly<Record<string, string | boolean | undefined>> }
  } catch (thrown) {
    const { message } = toError(thrown)
    const typed = /Unknown option '--?([^']+)'/.exec(message)?.[1]
    if (typed === undefined) throw new UsageError(message)
    const meant = nearest(typed, Object.keys(flags))
    throw new UsageError(
      `there is no option --${typed}.${meant === undefined ? '' : ` Did you mean --${meant}?`}`,
    )
  }
}

function parseNumber(name: string, value: string | boolean, min: number, max: number): number {
  const number = Number(value)
  if (value !== '' && Number.isFinite(number) && number >= min && number <= max) return number
  throw new UsageError(`${name} must be a number from ${min} to ${max}, not '${value}'.`)
}

function parsePort(value: string | undefined): number {
  if (value === undefined || value === '') return 3000
  const port = Number(value)
  // The control server takes the next port.
  if (/^\d+$/.test(value) && port <= 65_534) return port
  throw new UsageError(`PORT must be a whole number from 0 to 65534, not '${value}'.`)
}
