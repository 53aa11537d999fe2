/**
 * A breaker between a queue and a database that is down: it switches the event source mapping off, and on again.
 *
 * @module
 */
export type { AlarmHandler, AlarmResult } from './alarm.ts'
export { type Breaker, type BreakerOptions, breaker } from './breaker.ts'
export { checkWritable, type Query } from './check-writable.ts'
export type { HandlerContext } from './limited.ts'
export type { ProbeHandler, ProbeResult } from './probe.ts'
export type { EventSourceSwitch, Notes, SwitchChange, SwitchReading } from './switch.ts'
export type { Watch } from './watch.ts'
