import { batch, eachRecord, outageSurvival, route } from '../../../packages/batch/src/index.ts'
import { breaker } from '../../../packages/breaker/src/index.ts'
import { lambdaEventSource } from '../../../packages/breaker/src/lambda/index.ts'
import { done, type Writer } from '../../../packages/message/src/index.ts'
import { emfTelemetry } from '../../../packages/telemetry/src/emf.ts'
import { otelTelemetry } from '../../../packages/telemetry/src/otel.ts'
import { type Factory, nothing, order } from './factory.ts'

const write: Writer<unknown> = async (records) => records.map(() => done())

/** The factories of batches, the breaker and metrics. */
export const batchFactories: readonly Factory[] = [
  {
    name: 'batch',
    from: '@spillway/batch',
    interfaces: [['batch/src/batch-options.ts', 'BatchOptions']],
    call: (options) => batch(order, write, options),
  },
  {
    name: 'batch',
    from: '@spillway/batch',
    variant: 'with routes',
    interfaces: [
      ['batch/src/batch-options.ts', 'RoutesOptions'],
      ['batch/src/batch-options.ts', 'BatchOptions'],
    ],
    call: (options) => batch([route(order, write)], options),
  },
  {
    name: 'eachRecord',
    from: '@spillway/batch',
    interfaces: [['batch/src/each-record.ts', 'EachRecordOptions']],
    call: (options) => eachRecord(done, options),
  },
  {
    name: 'outageSurvival',
    from: '@spillway/batch',
    interfaces: [['batch/src/survival.ts', 'OutageOptions']],
    call: outageSurvival,
    samples: { maxReceiveCount: 10, timeout: 30 },
  },
  {
    name: 'breaker',
    from: '@spillway/breaker',
    interfaces: [['breaker/src/breaker.ts', 'BreakerOptions']],
    call: breaker,
    samples: { switch: { read: nothing, change: nothing, note: nothing } },
  },
  {
    name: 'lambdaEventSource',
    from: '@spillway/breaker/lambda',
    interfaces: [['breaker/src/lambda/lambda-event-source.ts', 'LambdaEventSourceOptions']],
    call: lambdaEventSource,
  },
  {
    name: 'emfTelemetry',
    from: '@spillway/telemetry/emf',
    interfaces: [['telemetry/src/emf.ts', 'EmfTelemetryOptions']],
    call: emfTelemetry,
    samples: { namespace: 'orders' },
  },
  {
    name: 'otelTelemetry',
    from: '@spillway/telemetry/otel',
    interfaces: [['telemetry/src/otel.ts', 'OtelTelemetryOptions']],
    call: otelTelemetry,
  },
]
