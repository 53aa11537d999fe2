import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { context, type Meter, metrics, TraceFlags, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { counters, durations } from '@spillway/message'
import { afterEach, describe, expect, it } from 'vitest'
import { otelTelemetry } from './otel.ts'

afterEach(() => {
  metrics.disable()
  trace.disable()
  context.disable()
})

function metricsOf() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  /** Returns the data that an exporter receives: scope, instrument and points. */
  async function points() {
    await reader.forceFlush()
    const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? []
    return scopes.flatMap(({ scope, metrics }) =>
      metrics.map(({ descriptor, dataPointType, dataPoints }) => ({
        scope: scope.name,
        name: descriptor.name,
        type: DataPointType[dataPointType],
        unit: descriptor.unit,
        points: dataPoints.map(({ attributes, value }) =>
          typeof value === 'object'
            ? { attributes, count: value.count, sum: value.sum, min: value.min, max: value.max }
            : { attributes, value },
        ),
      })),
    )
  }
  return { provider, points }
}

describe('metrics', () => {
  it('reach the exporter with their names, units and attributes', async () => {
    const { provider, points } = metricsOf()
    const telemetry = otelTelemetry({ meter: provider.getMeter('mine') })
    telemetry.count('spillway.ingest.bytes', 100, { message: 'order.placed' })
    telemetry.count('spillway.ingest.bytes', 28, { message: 'order.placed' })
    telemetry.count('spillway.ingest.rejected', 1, { code: 'SPILLWAY_BODY_INVALID', status: 422 })
    telemetry.duration('spillway.send.duration', 3.5, { target: 'sqs' })
    telemetry.duration('spillway.send.duration', 1.25, { target: 'sqs' })
    expect(await points()).toStrictEqual([
      {
        scope: 'mine',
        name: 'spillway.ingest.bytes',
        type: 'SUM',
        unit: 'By',
        points: [{ attributes: { message: 'order.placed' }, value: 128 }],
      },
      {
        scope: 'mine',
        name: 'spillway.ingest.rejected',
        type: 'SUM',
        unit: '{message}',
        points: [{ attributes: { code: 'SPILLWAY_BODY_INVALID', status: 422 }, value: 1 }],
      },
      {
        scope: 'mine',
        name: 'spillway.send.duration',
        type: 'HISTOGRAM',
        unit: 'ms',
        points: [{ attributes: { target: 'sqs' }, count: 2, sum: 4.75, min: 1.25, max: 3.5 }],
      },
    ])
    await provider.shutdown()
  })

  it('have an instrument for every name, with the unit of the map', async () => {
    const { provider, points } = metricsOf()
    const telemetry = otelTelemetry({ meter: provider.getMeter('mine') })
    for (const name of Object.keys(counters)) telemetry.count(name as keyof typeof counters, 1)
    for (const name of Object.keys(durations)) telemetry.duration(name as keyof typeof durations, 1)
    expect((await points()).map(({ name, unit }) => [name, unit])).toStrictEqual(
      Object.entries({ ...counters, ...durations }),
    )
    await provider.shutdown()
  })

  it('go to the global provider, even if it is registered after the telemetry is created', async () => {
    const telemetry = otelTelemetry()
    const { provider, points } = metricsOf()
    metrics.setGlobalMeterProvider(provider)
    telemetry.count('spillway.send.requests', 2, { target: 'sqs' })
    expect(await points()).toMatchObject([
      {
        scope: 'spillway',
        name: 'spillway.send.requests',
        points: [{ attributes: { target: 'sqs' }, value: 2 }],
      },
    ])
    await provider.shutdown()
  })

  it('are dropped without an error when there is no provider', () => {
    const telemetry = otelTelemetry()
    expect(telemetry.count('spillway.send.requests', 2)).toBeUndefined()
    expect(telemetry.duration('spillway.send.duration', 2)).toBeUndefined()
  })

  it('create each instrument once, at its first use', () => {
    const made: string[] = []
    const make = (name: string) => {
      made.push(name)
      return { add: () => undefined, record: () => undefined }
    }
    const meter: Pick<Meter, 'createCounter' | 'createHistogram'> = {
      createCounter: make,
      createHistogram: make,
    }
    const telemetry = otelTelemetry({ meter })
    expect(made).toStrictEqual([])
    for (let turn = 0; turn < 3; turn++) {
      telemetry.count('spillway.send.requests', 1)
      telemetry.duration('spillway.send.duration', 1)
    }
    expect(made).toStrictEqual(['spillway.send.requests', 'spillway.send.duration'])
  })

  it('come from an instrumentation with the version of this package', async () => {
    const manifest = JSON.parse(await readFile(join(import.meta.dirname, '..', 'package.json'), 'utf8'))
    const asked: unknown[] = []
    const { provider } = metricsOf()
    metrics.setGlobalMeterProvider({
      getMeter: (name, version) => {
        asked.push({ name, version })
        return provider.getMeter('any')
      },
    })
    otelTelemetry().count('spillway.send.requests', 1)
    expect(asked).toStrictEqual([{ name: 'spillway', version: manifest.version }])
    await provider.shutdown()
  })
})

describe('traceparent', () => {
  function tracer() {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const provider = new BasicTracerProvider()
    trace.setGlobalTracerProvider(provider)
    return trace.getTracer('test')
  }

  it('is that of the active span, across awaits', async () => {
    const telemetry = otelTelemetry()
    await tracer().startActiveSpan('request', async (span) => {
      const { traceId, spanId } = span.spanContext()
      await Promise.resolve()
      expect(telemetry.traceparent?.()).toBe(`00-${traceId}-${spanId}-01`)
      expect(telemetry.traceparent?.()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
      span.end()
    })
    expect(telemetry.traceparent?.()).toBeUndefined()
  })

  it('keeps the flags of a trace that is not sampled', () => {
    tracer()
    const spanContext = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: TraceFlags.NONE,
    }
    context.with(trace.setSpanContext(context.active(), spanContext), () => {
      expect(otelTelemetry().traceparent?.()).toBe('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00')
    })
  })

  it.each([
    ['without a tracer', undefined],
    [
      'with an invalid span',
      { traceId: '00000000000000000000000000000000', spanId: 'b7ad6b7169203331', traceFlags: 1 },
    ],
    ['with an invalid id', { traceId: 'x', spanId: 'y', traceFlags: 1 }],
  ])('is absent %s', (_, spanContext) => {
    if (spanContext === undefined) return expect(otelTelemetry().traceparent?.()).toBeUndefined()
    tracer()
    context.with(trace.setSpanContext(context.active(), spanContext), () => {
      expect(trace.getSpanContext(context.active())).toStrictEqual(spanContext)
      expect(otelTelemetry().traceparent?.()).toBeUndefined()
    })
  })
})

it('rejects an unknown option and an invalid meter', () => {
  // @ts-expect-error the option is wrong on purpose
  expect(() => otelTelemetry({ metr: {} })).toThrow(
    'otelTelemetry has no option `metr`. Its options are meter.',
  )
  // @ts-expect-error the option is wrong on purpose
  expect(() => otelTelemetry({ meter: {} })).toThrow('must be a Meter of @opentelemetry/api')
})
