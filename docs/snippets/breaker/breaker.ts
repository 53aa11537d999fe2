import { breaker, checkWritable } from '@spillway/breaker'
import { lambdaEventSource } from '@spillway/breaker/lambda'
import { sql } from 'kysely'
import { db } from './database.ts'

export const { watch, probe, open } = breaker({
  switch: lambdaEventSource({
    functionName: process.env.WRITE_FUNCTION_NAME,
    eventSourceArn: process.env.QUEUE_ARN,
  }),
  check: checkWritable('postgres', async (statement) => {
    const { rows } = await sql.raw<object>(statement).execute(db)
    return rows
  }),
})
