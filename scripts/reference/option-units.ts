import type { Member } from './members.ts'

/** What the options count that are neither times nor sizes. */
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

/** What a docstring or a name says of times and sizes, the first that fits. */
const measured: readonly (readonly [pattern: RegExp, unit: string])[] = [
  [/\bmilli(?:second)?s\b/i, 'ms'],
  [/\bbytes\b/i, 'bytes'],
  [/\bseconds\b/i, 's'],
  [/\bdays\b/i, 'days'],
]

/** The names of all options in the table, for the test that looks for ones that are not there any more. */
export const countedOptions: readonly string[] = Object.keys(counted)

/** The unit of an option that is a number; `undefined` for any other, a port for example. */
export function unitOf(factory: string, { name, type, text }: Member): string | undefined {
  const known = counted[`${factory}.${name}`]
  if (known !== undefined) return known
  if (!/\bnumber\b/.test(type)) return undefined
  const words = `${name.replaceAll(/(?=[A-Z])/g, ' ')} ${text}`
  return measured.find(([pattern]) => pattern.test(words))?.[1]
}
