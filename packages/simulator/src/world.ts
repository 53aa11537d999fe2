import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { BreakerOptions } from '@spillway/breaker'
import type { Logger } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import type { SqsClient } from '@spillway/sqs'
import type { Kysely } from 'kysely'
import type { Database } from './database/dialect.ts'

/** What a breaker of a simulation may be told. */
export type SimulatedBreaker = Pick<BreakerOptions, 'threshold' | 'healthyPeriod' | 'checkTimeout'>

/** What a handler has in its execution environment, beside the event. */
export interface Environment {
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly queueName: string
  readonly sqs: SqsClient
  readonly lambda: Pick<LambdaClient, 'send'>
  readonly breaker: SimulatedBreaker | undefined
  /** A Kysely of the database of this name: `main`, unless the simulation has others. */
  database(name: string): Kysely<Database>
}
