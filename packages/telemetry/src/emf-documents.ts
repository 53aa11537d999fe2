import { counters, durations } from '@spillway/message'
import type { Series } from './emf-series.ts'

/** The most values that EMF allows for one metric in a document. */
const maxValues = 100

/** CloudWatch's names for the units; any other unit is a `Count`. */
const units: Readonly<Record<string, string>> = { By: 'Bytes', ms: 'Milliseconds' }
const unitOf: Readonly<Record<string, string>> = { ...counters, ...durations }

/** The values of one metric directive of a document. */
interface Part {
  readonly dimensions: Series['dimensions']
  readonly metrics: ReadonlyMap<string, number | readonly number[]>
}

interface Document {
  /** The members of the root object: the values of metrics and dimensions by name. */
  readonly members: Map<string, string | number | readonly number[]>
  readonly parts: Part[]
}

/**
 * Puts the series into as few documents as possible. A name has one value per document, so series with the same metrics
 * need a document each, and series with different metrics share one.
 *
 * Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
 */
export function toDocuments(
  series: readonly Series[],
  namespace: string,
  timestamp: number,
): readonly object[] {
  const documents: Document[] = []
  for (const part of series.flatMap(toParts)) {
    let document = documents.find((candidate) => fits(part, candidate))
    if (document === undefined) {
      document = { members: new Map(), parts: [] }
      documents.push(document)
    }
    document.parts.push(part)
    for (const [name, value] of [...part.dimensions, ...part.metrics]) document.members.set(name, value)
  }
  return documents.map(({ members, parts }) => ({
    _aws: { Timestamp: timestamp, CloudWatchMetrics: parts.map((part) => toDirective(part, namespace)) },
    ...Object.fromEntries(members),
  }))
}

/** Splits a series into parts of at most 100 values per metric. */
function toParts({ dimensions, counts, durations }: Series): readonly Part[] {
  const first = new Map<string, number | readonly number[]>(counts)
  const parts: Part[] = [{ dimensions, metrics: first }]
  for (const [name, values] of durations) {
    first.set(name, values.slice(0, maxValues))
    for (let start = maxValues; start < values.length; start += maxValues) {
      parts.push({ dimensions, metrics: new Map([[name, values.slice(start, start + maxValues)]]) })
    }
  }
  return parts
}

function fits({ dimensions, metrics }: Part, { members }: Document): boolean {
  return (
    dimensions.every(([name, value]) => !members.has(name) || members.get(name) === value) &&
    [...metrics.keys()].every((name) => !members.has(name))
  )
}

function toDirective({ dimensions, metrics }: Part, namespace: string): object {
  return {
    Namespace: namespace,
    Dimensions: [dimensions.map(([name]) => name)],
    Metrics: [...metrics.keys()].map((name) => ({
      Name: name,
      Unit: units[unitOf[name] ?? ''] ?? 'Count',
    })),
  }
}
