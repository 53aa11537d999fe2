import { kyselyWriter } from '@spillway/kysely'
import type { MessageRecord } from '@spillway/message'
import { db } from './database.ts'

export const writeBalances = kyselyWriter({
  db,
  insertInto: 'balances',
  row: ({ body }: MessageRecord<{ customer: string; points: number }>) => body,
  conflict: 'customer',
  rowsPerStatement: 3_000,
})
