import { counters, durations } from '@spillway/message'
import type { Series } from './emf-series.ts'

/** The most values that a document may have for one metric. */
const maxValues = 100

/** CloudWatch's names of the units; what is counted in things of its own is a `Count`. */
const units: Readonly<Record<string, string>> = { By: 'Bytes', ms: 'Milliseconds' }
const unitOf: Readonly<Record<string, string>> = { ...counters, ...durations }

/** What one directive of a document describes. */
interface Part {
  readonly dimensions: Series['dimensions']
  readonly metrics: ReadonlyMap<string, number | readonly number[]>
}

interface Document {
  /** The members of the root: the values of metrics and dimensions, under their names. */
  readonly members: Map<string, string | number | readonly number[]>
  readonly parts: Part[]
}

/**
 * The documents that hold the series, as few as can be: a name has one value in a document, so series with the same
 * metrics need one each, and those with different metrics share.
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

/** A series in pieces of at most 100 values for each metric. */
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
