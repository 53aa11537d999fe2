import type { Member } from './members.ts'

/** The units of options that are neither times nor sizes. */
const counted: Readonly<Record<string, string>> = {
  'defineMessage.version': 'versions',
  'validate.maxItems': 'items',
  'bodyLimit.maxDepth': 'levels',
  'sqsTarget.maxAttempts': 'attempts',
  'sqsTarget.concurrency': 'requests',
  'kinesisTarget.maxAttempts': 'attempts',
  'kinesisTarget.concurrency': 'requests',
  'eachRecord.concurrency': 'records',
  'outageSurvival.maxReceiveCount': 'receives',
  'outageSurvival.batchSize': 'records',
  'breaker.threshold': 'batches',
  'kyselyWriter.rowsPerStatement': 'rows',
  'sweepInbox.batchSize': 'entries',
  'postgresPool.connections': 'connections',
  'postgresPool.budget': 'connections',
  'mysqlPool.connections': 'connections',
  'mysqlPool.budget': 'connections',
  'connectionLimit.connections': 'connections',
  'connectionBudgetMigration.connections': 'connections',
  'startPostgres.maxConnections': 'connections',
  'startPostgres.reserved': 'connections',
}

/** The words of a docstring or a name that mean a time or a size; the first match applies. */
const measured: readonly (readonly [pattern: RegExp, unit: string])[] = [
  [/\bmilli(?:second)?s\b/i, 'ms'],
  [/\bbytes\b/i, 'bytes'],
  [/\bseconds\b/i, 's'],
  [/\bdays\b/i, 'days'],
]

/** The names of all options in the table, for the test that finds names that no longer exist. */
export const countedOptions: readonly string[] = Object.keys(counted)

/**
 * The unit of an option that is a number; `undefined` for other options, and for numbers without a unit, such as a
 * port.
 */
export function unitOf(factory: string, { name, type, text }: Member): string | undefined {
  const known = counted[`${factory}.${name}`]
  if (known !== undefined) return known
  if (!/\bnumber\b/.test(type)) return undefined
  const words = `${name.replaceAll(/(?=[A-Z])/g, ' ')} ${text}`
  return measured.find(([pattern]) => pattern.test(words))?.[1]
}
