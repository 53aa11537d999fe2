/**
 * What an app's `spillway.config.ts` and its flood are written with.
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
