import { SpillwayError } from '@spillway/message'
import { objectWith } from '@spillway/message/internal'

const { expected, test } = objectWith('info', 'warn', 'error')

/** Throws for what is no logger: its lines would be lost, because a line that fails must not cost a message. */
export function checkLogger(owner: string, logger: unknown): void {
  if (!test(logger))
    throw new SpillwayError('SPILLWAY_OPTION_INVALID', `${owner} takes a logger, which is ${expected}.`)
}
