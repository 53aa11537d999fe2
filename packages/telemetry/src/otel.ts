/**
 * Spillway's metrics in OpenTelemetry, and the trace context that a message carries.
 *
 * @module
 */
import { context, isSpanContextValid, type Meter, metrics, trace } from '@opentelemetry/api'
import { counters, durations, type Telemetry } from '@spillway/message'
import { checkOptions, type OptionRules, objectWith } from '@spillway/message/internal'

/** What {@link otelTelemetry} takes. */
export interface OtelTelemetryOptions {
  /** Creates the instruments. Default: `metrics.getMeter('spillway')`, called when the first metric is recorded. */
  readonly meter?: Pick<Meter, 'createCounter' | 'createHistogram'>
}

const rules: OptionRules<OtelTelemetryOptions> = {
  meter: { ...objectWith('createCounter', 'createHistogram'), expected: 'a Meter of @opentelemetry/api' },
}

/** The version of this package; OpenTelemetry records it as the version of the instrumentation. */
const version = '0.1.0'

/**
 * A telemetry that records with OpenTelemetry: a counter or a histogram for each metric, with the metric's name and
 * unit. Durations are in milliseconds.
 *
 * Needs a meter provider, which your app or its Lambda layer registers before the first metric is recorded; without one
 * OpenTelemetry drops the metrics. `traceparent()` returns the traceparent of the active span (W3C Trace Context, version 00).
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or is not a meter.
 */
export function otelTelemetry(options: OtelTelemetryOptions = {}): Telemetry {
  checkOptions('otelTelemetry', options, rules)
  // Not called here: a meter obtained before the provider is registered never records anything.
  const meter = () => options.meter ?? metrics.getMeter('spillway', version)
  const counter = once((name: keyof typeof counters) => meter().createCounter(name, { unit: counters[name] }))
  const histogram = once((name: keyof typeof durations) =>
    meter().createHistogram(name, { unit: durations[name] }),
  )
  return Object.freeze({
    count: (name, value, attributes) => counter(name).add(value, attributes),
    duration: (name, milliseconds, attributes) => histogram(name).record(milliseconds, attributes),
    traceparent: activeTraceparent,
  } satisfies Telemetry)
}

/** Creates a value for each name at its first use and keeps it. */
function once<Name, Thing>(make: (name: Name) => Thing): (name: Name) => Thing {
  const made = new Map<Name, Thing>()
  return (name) => {
    const thing = made.get(name) ?? make(name)
    made.set(name, thing)
    return thing
  }
}

function activeTraceparent(): string | undefined {
  const span = trace.getSpanContext(context.active())
  if (span === undefined || !isSpanContextValid(span)) return undefined
  const flags = (span.traceFlags & 0xff).toString(16).padStart(2, '0')
  return `00-${span.traceId}-${span.spanId}-${flags}`
}
