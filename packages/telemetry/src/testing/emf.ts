/** A document in the embedded metric format, read back. */
export interface EmfDocument {
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
    }[]
  }
  readonly [member: string]: unknown
}

/** Metric values as CloudWatch would extract them, by name and dimensions. */
export type Extracted = Readonly<Record<string, readonly number[]>>

const units = ['Count', 'Bytes', 'Milliseconds']

/**
 * Reads a line as CloudWatch does and checks it against every rule of the specification.
 *
 * Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format", its JSON schema, and the API
 * Reference, Dimension and MetricDatum.
 */
export function readEmf(line: string): EmfDocument {
  must(!line.includes('\n') && Buffer.byteLength(line) <= 256 * 1024, 'one line of at most 256 KB')
  const document: EmfDocument = JSON.parse(line)
  const { _aws, ...members } = document
  only(_aws, 'Timestamp', 'CloudWatchMetrics')
  must(Number.isSafeInteger(_aws.Timestamp) && _aws.Timestamp > 0, 'Timestamp in milliseconds')
  must(_aws.CloudWatchMetrics.length > 0, 'a directive')
  const targets = new Set<string>()
  for (const directive of _aws.CloudWatchMetrics) {
    only(directive, 'Namespace', 'Dimensions', 'Metrics')
    must(/^(?!:).{1,255}$/.test(directive.Namespace), 'Namespace')
    must(directive.Dimensions.length >= 1, 'Dimensions has at least one set')
    for (const set of directive.Dimensions) {
      must(set.length <= 30 && new Set(set).size === set.length, 'at most 30 dimensions')
      for (const name of set) {
        targets.add(name)
        must(/^(?!:)[\x21-\x7e]{1,250}$/.test(name), `name of dimension ${name}`)
        const value = members[name]
        must(typeof value === 'string' && /^[\x20-\x7e]{1,1024}$/.test(value), `value of dimension ${name}`)
      }
    }
    must(directive.Metrics.length >= 1 && directive.Metrics.length <= 100, '1 to 100 metrics')
    for (const metric of directive.Metrics) {
      only(metric, 'Name', 'Unit')
      must(!targets.has(metric.Name), `${metric.Name} is extracted once`)
      targets.add(metric.Name)
      must(metric.Name.length >= 1 && metric.Name.length <= 255, 'name of metric')
      must(units.includes(metric.Unit), `unit ${metric.Unit}`)
      const values = valuesOf(members[metric.Name])
      must(values.length >= 1 && values.length <= 100, `1 to 100 values of ${metric.Name}`)
      must(values.every(Number.isFinite), `numbers for ${metric.Name}`)
    }
  }
  must(
    Object.keys(members).every((name) => targets.has(name)),
    'no member that nothing refers to',
  )
  return document
}

/** The metrics that CloudWatch would extract from lines: `name{dimension=value}` and its values, in order. */
export function extract(lines: readonly string[]): Extracted {
  const extracted: Record<string, readonly number[]> = {}
  for (const document of lines.map(readEmf)) {
    for (const { name, values } of seriesOf(document)) {
      extracted[name] = [...(extracted[name] ?? []), ...values]
    }
  }
  return extracted
}

/** The series of a document: one for each set of dimensions and metric. */
function seriesOf(document: EmfDocument) {
  return document._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Dimensions.flatMap((set) => {
      const dimensions = set.map((name) => `${name}=${document[name]}`).join(',')
      return Metrics.map(({ Name }) => ({ name: `${Name}{${dimensions}}`, values: valuesOf(document[Name]) }))
    }),
  )
}

function valuesOf(target: unknown): readonly number[] {
  return (Array.isArray(target) ? target : [target]) as readonly number[]
}

function only(object: object, ...members: readonly string[]): void {
  must(
    JSON.stringify(Object.keys(object).sort()) === JSON.stringify([...members].sort()),
    `the members ${members}`,
  )
}

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`not valid EMF: ${rule}`)
}
