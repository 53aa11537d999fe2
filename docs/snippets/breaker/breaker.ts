import { breaker } from '@spillway/breaker'
import { lambdaEventSource } from '@spillway/breaker/lambda'
import { sql } from 'kysely'
import { db } from './database.ts'

export const { watch, probe } = breaker({
  switch: lambdaEventSource({
    functionName: process.env.WRITE_FUNCTION_NAME,
    eventSourceArn: process.env.QUEUE_ARN,
  }),
  check: () => sql`select 1`.execute(db),
})
