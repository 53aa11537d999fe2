import { SpillwayError, toError } from '@spillway/message'
import { meant, parse, parsePort, UsageError } from './arguments.ts'
import { dev } from './dev/dev.ts'
import { parseParked } from './parked/parse-parked.ts'
import { parseRedrive } from './redrive/parse-redrive.ts'
import { parseSpike } from './spike/parse-spike.ts'
import { spike } from './spike/spike.ts'
import { usage, usageOf } from './usage.ts'

const commands = ['dev', 'spike', 'parked', 'redrive', 'help']

/**
 * Runs the command line.
 *
 * @returns the exit code: 0 for success, 1 for a failure, 2 for an invalid command line.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv
  try {
    if (isHelp(command) || rest.some((argument) => argument === '--help' || argument === '-h')) {
      process.stdout.write(usage)
      return 0
    }
    switch (command) {
      case 'dev':
        return await dev(parseDev(rest))
      case 'spike':
        return await spike(parseSpike(rest))
      case 'parked': {
        const options = parseParked(rest)
        // Only these commands load the AWS SDK.
        const { parked } = await import('./parked/parked.ts')
        return await parked(options)
      }
      case 'redrive': {
        const options = parseRedrive(rest)
        const { redrive } = await import('./redrive/redrive.ts')
        return await redrive(options)
      }
      default:
        throw new UsageError(unknownCommand(command))
    }
  } catch (thrown) {
    if (thrown instanceof UsageError) {
      process.stderr.write(`spillway: ${thrown.message}\n\n${usageOf(command)}`)
      return 2
    }
    const error = toError(thrown)
    // A SpillwayError says what to do. Any other error is a bug, whose report needs the stack.
    process.stderr.write(
      error instanceof SpillwayError ? `spillway: ${error.message}\n` : `${error.stack ?? error.message}\n`,
    )
    return 1
  }
}

function isHelp(argument: string | undefined): boolean {
  return argument === 'help' || argument === '--help' || argument === '-h'
}

function unknownCommand(command: string | undefined): string {
  if (command === undefined) return 'name a command.'
  return `there is no command '${command}'.${meant(command, commands)}`
}

function parseDev(args: readonly string[]) {
  const { positionals } = parse(args, {}, 'folder')
  return { folder: positionals[0] ?? '.', port: parsePort(process.env.PORT) }
}
