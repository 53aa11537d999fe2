import { acceptFactories } from './accept.ts'
import { batchFactories } from './batch.ts'
import { databaseFactories } from './database.ts'
import type { Factory } from './factory.ts'
import { toolsFactories } from './tools.ts'
import { transportsFactories } from './transports.ts'

/** All factories with options except `defineApp`, by the pages of the reference. A test finds missing ones. */
export const factories: Readonly<Record<string, readonly Factory[]>> = {
  accept: acceptFactories,
  transports: transportsFactories,
  batch: batchFactories,
  database: databaseFactories,
  tools: toolsFactories,
}
