/** How many ids of messages are listed; the rest is counted. */
const mostIds = 10

/**
 * Describes the source of an event by ids with which the user can find it: the messages of a queue, the records of a
 * stream, or a request. It contains no payload. `undefined` for any other event.
 */
export function describeEvent(event: unknown): string | undefined {
  if (!isObject(event)) return undefined
  const records = Array.isArray(event.Records) ? event.Records.filter(isObject) : []
  const [first] = records
  if (first?.eventSource === 'aws:sqs') return describeMessages(records)
  if (first?.eventSource === 'aws:kinesis') return describeRecords(records)
  return describeRequest(event)
}

type Fields = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function describeMessages(records: readonly Fields[]): string {
  const ids = records.slice(0, mostIds).map(({ messageId }) => String(messageId))
  const rest = records.length - ids.length
  return `${count(records.length, 'message')} of queue ${nameOf(records[0])}: ${ids.join(', ')}${rest > 0 ? ` and ${rest.toLocaleString('en')} more` : ''}`
}

function describeRecords(records: readonly Fields[]): string {
  const ids = records.map(({ eventID }) => String(eventID).split(':'))
  const [shard = '', first = ''] = ids[0] ?? []
  const last = ids.at(-1)?.[1] ?? ''
  const range = records.length === 1 ? `sequence number ${first}` : `sequence numbers ${first} to ${last}`
  return `${count(records.length, 'record')} of stream ${nameOf(records[0])}, ${shard}, ${range}`
}

function describeRequest({ routeKey, requestContext }: Fields): string | undefined {
  if (typeof routeKey !== 'string' || !isObject(requestContext)) return undefined
  // The route instead of the path, because a path may contain user data.
  return `request ${routeKey}, apigw-requestid ${String(requestContext.requestId)}`
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`
}

/** The last part of the ARN of a queue (`…:orders`) or a stream (`…:stream/readings`). */
function nameOf(record: Fields | undefined): string {
  return String(record?.eventSourceARN).split(/[:/]/).at(-1) ?? ''
}
