import middy from '@middy/core'
import { type BatchOptions, batch } from '@spillway/batch'
import { type BreakerOptions, breaker, checkWritable } from '@spillway/breaker'
import { lambdaEventSource } from '@spillway/breaker/lambda'
import { kyselyWriter } from '@spillway/kysely'
import type { EachRecord, Writer } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { sql } from 'kysely'
import { mappingId } from '../control-plane/control-plane.ts'
import { columnTypes } from '../database/dialect.ts'
import { checkTable } from '../database/statement.ts'
import type { Handler } from '../functions/functions.ts'
import type { Environment, SimulatedBreaker } from '../simulate.ts'
import type { WorldEnvironment } from '../world.ts'
import { type RowBody, rowMessage } from './row-message.ts'

/** What {@link writeRows} takes. */
export interface WriteRowsOptions {
  readonly batch?: Omit<BatchOptions<RowBody>, 'clock' | 'random' | 'logger' | 'log'>
  /** Replaces `kyselyWriter`. */
  readonly writer?: (environment: Environment) => Writer<RowBody> | EachRecord<RowBody>
}

/** The start of the queue URLs. */
const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/'

/** Creates a handler from the real packages that writes a row for each message. */
export function writeRows(options: WriteRowsOptions = {}): (environment: Environment) => Handler {
  const { writer = rowsWriter } = options
  return function start(environment) {
    const { clock, random, logger, queueName } = environment
    const inner = writer(environment)
    const handler = breakerOf(environment)?.watch(inner as Writer<RowBody>) ?? inner
    const chain = middy({ timeoutEarlyInMillis: 0 })
      .use(sqsPartialBatchFailure({ logger }))
      .use(
        sqsSource({
          queueUrl: queueUrl + queueName,
          deadLetterQueueUrl: `${queueUrl}dead-${queueName}`,
          client: environment.sqs,
          logger,
          clock,
        }),
      )
      .handler(batch(rowMessage, handler as Writer<RowBody>, { ...options.batch, clock, random, logger }))
    return chain as unknown as Handler
  }
}

/** Creates a writer of rows for the database of this name. */
export function rowsWriter(environment: WorldEnvironment, database = 'main'): Writer<RowBody> {
  const { clock, random } = environment
  return kyselyWriter({
    db: environment.database(database),
    insertInto: 'rows',
    row: ({ key, time }) => ({ id: key, sent_at: time }),
    conflict: 'id',
    types: columnTypes,
    clock,
    random,
  }) as Writer<RowBody>
}

/** The breaker of an environment; `undefined` when the simulation has none. */
export function breakerOf({ breaker: told, lambda, clock, random, logger, database }: Environment) {
  if (told === undefined) return undefined
  const { check = 'writable', clockAhead = 0, ...options } = told
  const run = async (statement: string) => (await sql.raw<object>(statement).execute(database('main'))).rows
  return breaker({
    ...options,
    check: checks[check](run),
    switch: lambdaEventSource({ uuid: mappingId, client: lambda }),
    clock: { ...clock, now: () => clock.now() + clockAhead },
    random,
    logger,
  })
}

type Check = NonNullable<BreakerOptions['check']>

/** The checks that a breaker may use. */
const checks: Readonly<
  Record<NonNullable<SimulatedBreaker['check']>, (run: (statement: string) => Promise<object[]>) => Check>
> = {
  'select 1': (run) => () => run('select 1'),
  writable: (run) => checkWritable('postgres', run),
  writes: (run) => () => run(`insert into ${checkTable} (id, checked_at) values (1, now())`),
}
