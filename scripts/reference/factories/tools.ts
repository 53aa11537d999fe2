import { invoke } from '../../../packages/batch/src/testing.ts'
import { bundleOptions } from '../../../packages/local/src/esbuild.ts'
import { startStreams } from '../../../packages/local/src/testing.ts'
import { type Factory, nothing } from './factory.ts'

/** The factories of the local runtime, of tests and of the bundler. */
export const toolsFactories: readonly Factory[] = [
  {
    name: 'invoke',
    from: '@spillway/batch/testing',
    interfaces: [['batch/src/testing.ts', 'InvokeOptions']],
    call: (options) => invoke(nothing, {}, options),
  },
  {
    name: 'startLocal',
    from: '@spillway/local',
    interfaces: [['local/src/local-options.ts', 'LocalOptions']],
  },
  {
    name: 'startPostgres',
    from: '@spillway/local/testing',
    interfaces: [['local/src/postgres/postgres.ts', 'PostgresOptions']],
  },
  {
    name: 'startQueues',
    from: '@spillway/local/testing',
    interfaces: [['local/src/queues/start-queues.ts', 'QueuesOptions']],
  },
  {
    name: 'startStreams',
    from: '@spillway/local/testing',
    interfaces: [['local/src/streams/start-streams.ts', 'StreamsOptions']],
    call: startStreams,
    samples: { streams: [] },
  },
  {
    name: 'bundleOptions',
    from: 'spillway/esbuild` and `@spillway/local/esbuild',
    interfaces: [['local/src/esbuild.ts', 'BundleChoices']],
    call: bundleOptions,
  },
]
