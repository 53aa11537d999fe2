/**
 * Functions and types for an app's `spillway.config.ts` and its `spike.ts`.
 *
 * @module
 */
export {
  type App,
  type AppOptions,
  type DatabaseOptions,
  defineApp,
  type FunctionOptions,
  type QueueOptions,
  type Resources,
} from '@spillway/planner'
export { defineSpike, type Spike, type SpikeRequest } from './spike/define-spike.ts'
