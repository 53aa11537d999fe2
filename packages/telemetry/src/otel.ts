/**
 * Spillway's numbers in OpenTelemetry, and the trace that a message carries on.
 *
 * @module
 */
import { context, isSpanContextValid, type Meter, metrics, trace } from '@opentelemetry/api'
import { counters, durations, type Telemetry } from '@spillway/message'
import { checkOptions, type OptionRules, objectWith } from '@spillway/message/internal'

/** What {@link otelTelemetry} takes. */
export interface OtelTelemetryOptions {
  /** Makes the instruments. Default: `metrics.getMeter('spillway')`, asked for when the first number comes. */
  readonly meter?: Pick<Meter, 'createCounter' | 'createHistogram'>
}

const rules: OptionRules<OtelTelemetryOptions> = {
  meter: { ...objectWith('createCounter', 'createHistogram'), expected: 'a Meter of @opentelemetry/api' },
}

/** The version of this package, which OpenTelemetry keeps as that of the instrumentation. */
const version = '0.1.0'

/**
 * A telemetry that counts and times with OpenTelemetry: a counter and a histogram for each name, under that name and
 * with its unit. Durations are in milliseconds.
 *
 * Needs a meter provider, which your app or its Lambda layer registers before the first number comes; without one
 * OpenTelemetry drops the numbers. `traceparent()` is that of the active span (W3C Trace Context, version 00).
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or is not a meter.
 */
export function otelTelemetry(options: OtelTelemetryOptions = {}): Telemetry {
  checkOptions('otelTelemetry', options, rules)
  // Not here: a meter from before the provider was registered counts nothing, for good.
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

/** Makes a thing for each name when it is first asked for. */
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
