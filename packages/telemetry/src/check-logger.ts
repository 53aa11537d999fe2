import { SpillwayError } from '@spillway/message'
import { objectWith } from '@spillway/message/internal'

const { expected, test } = objectWith('info', 'warn', 'error')

/** Throws unless the value is a logger. Spillway ignores errors of a logger, so a wrong one would lose every line. */
export function checkLogger(owner: string, logger: unknown): void {
  if (!test(logger))
    throw new SpillwayError('SPILLWAY_OPTION_INVALID', `${owner} takes a logger, which is ${expected}.`)
}
