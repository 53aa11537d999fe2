/**
 * The batch core: decode, validate, write, and an outcome for every record.
 *
 * @module
 */
export type { EachRecord, RecordHandler } from '@spillway/message'
export { type BatchEvent, type BatchHandler, batch } from './batch.ts'
export type { BatchOptions, RoutesOptions } from './batch-options.ts'
export type { InvocationContext } from './deadline.ts'
export { type EachRecordOptions, eachRecord } from './each-record.ts'
export type { ErrorPolicy } from './policy.ts'
export type { BackoffOption } from './retry-delay.ts'
export { type Route, route } from './route.ts'
export { type OutageOptions, type OutageSurvival, outageSurvival } from './survival.ts'
