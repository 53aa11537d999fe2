/**
 * The batch core: decode, validate, write, and an outcome for every record.
 *
 * @module
 */
export { type BatchEvent, type BatchHandler, type BatchOptions, batch } from './batch.ts'
export type { InvocationContext } from './deadline.ts'
export type { BatchSummary } from './summary.ts'
