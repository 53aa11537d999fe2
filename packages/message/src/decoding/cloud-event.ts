import { isText } from '../message.ts'
import { type Decoding, notMine, refuse } from './decoding.ts'
import { fieldsOf, notJson, parseJson } from './json.ts'
import { toKey } from './key-of.ts'
import { timeOf } from './time-of.ts'

/**
 * Decodes CloudEvents 1.0 in the structured JSON mode. The body is `data` (or `data_base64`, if that holds JSON), the
 * key is
 * `source` and `id`, the name is `type`. The extensions `partitionkey` and `traceparent` become the group and the trace.
 *
 * Source: CloudEvents 1.0, "JSON Event Format", "Distributed Tracing" and "Partitioning".
 */
export function cloudEvent(): Decoding {
  return decodeCloudEvent
}

const decodeCloudEvent: Decoding = (text) => {
  const value = parseJson(text)
  const event = value === notJson ? undefined : fieldsOf(value)
  if (typeof event?.specversion !== 'string') return notMine('a CloudEvent')
  const { specversion, id, source, type, time, partitionkey, traceparent } = event
  if (!specversion.startsWith('1.')) return refuse('The record holds a CloudEvent of another version than 1.')
  if (!isString(id) || !isString(source) || !isString(type)) {
    return refuse('The record holds a CloudEvent without an `id`, a `source` or a `type`.')
  }
  const body = bodyOf(event)
  if (body === notJson) return refuse('The record holds a CloudEvent whose `data_base64` is not JSON.')
  return {
    body,
    // A source is a URI, which contains no space.
    key: toKey(`${source} ${id}`),
    name: type,
    time: timeOf(time),
    ...(isText(partitionkey, 128) && { group: partitionkey }),
    ...(isString(traceparent) && { traceparent }),
  }
}

function bodyOf({ data, data_base64: encoded }: Readonly<Record<string, unknown>>): unknown {
  if (!isString(encoded)) return data
  return parseJson(Buffer.from(encoded, 'base64').toString())
}

function isString(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
