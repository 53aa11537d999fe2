/**
 * Runs the packages of Spillway against models of a queue, its event source mapping, Lambda, a database and the control
 * plane, on a virtual clock.
 *
 * @module
 */
export type { ControlPlaneOptions } from './control-plane/control-plane.ts'
export type { AlarmOptions } from './control-plane/outside.ts'
export type { Outage } from './database/outage.ts'
export type { DatabaseOptions } from './database/server.ts'
export type { FunctionOptions } from './functions/functions.ts'
export { rowsWriter, type WriteRowsOptions, writeRows } from './handlers/write-rows.ts'
export { writeStreamRows } from './handlers/write-stream-rows.ts'
export { type OutageLine, outageTable } from './outage-table.ts'
export type { MappingOptions } from './queue/mapping.ts'
export type { QueueOptions } from './queue/queue.ts'
export type { Percentiles, QueueReport, Report } from './report.ts'
export { type Environment, type SimulatedBreaker, type Simulation, simulate } from './simulate.ts'
export { type StreamSimulation, simulateStream } from './simulate-stream.ts'
export type { ShardOptions } from './streams/types.ts'
export type { Traffic } from './traffic.ts'
export type { WorldEnvironment, WorldOptions } from './world.ts'
