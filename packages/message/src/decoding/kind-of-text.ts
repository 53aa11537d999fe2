/** The recognised kinds of JSON values, by their form. The first match counts. */
const kinds: readonly (readonly [kind: string, is: (fields: Fields) => boolean])[] = [
  ['an envelope of Spillway', ({ spillway }) => typeof spillway === 'number'],
  ['an SNS notification', ({ Type, TopicArn }) => Type === 'Notification' && isString(TopicArn)],
  [
    'an SNS subscription confirmation',
    ({ Type, TopicArn }) => /Confirmation$/.test(String(Type)) && isString(TopicArn),
  ],
  ['an S3 test event', ({ Event }) => Event === 's3:TestEvent'],
  ['an S3 notification', ({ Records }) => fieldsOf(first(Records)).eventSource === 'aws:s3'],
  ['a CloudEvent', ({ specversion }) => isString(specversion)],
  ['an EventBridge event', (event) => isString(event['detail-type']) && isString(event.source)],
  ['a message of CloudWatch Logs', ({ messageType, owner }) => isString(messageType) && isString(owner)],
]

type Fields = Readonly<Record<string, unknown>>

/**
 * The kind of a text, for the sentence "The record holds …". Never a part of its content, which may be private data.
 */
export function kindOfText(text: string): string {
  if (text.length === 0) return 'no text'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'text that is not JSON'
  }
  return kindOfValue(value)
}

/** The same for a parsed value. */
export function kindOfValue(value: unknown): string {
  if (value === null) return 'JSON null'
  if (Array.isArray(value)) return isPointer(value) ? 'a pointer of the SQS Extended Client' : 'a JSON list'
  if (typeof value !== 'object') return `a JSON ${typeof value}`
  return kinds.find(([, is]) => is(value as Fields))?.[0] ?? 'a JSON object'
}

/** `["software.amazon.payloadoffloading.PayloadS3Pointer", { … }]`, or the class name of older clients. */
function isPointer([className, place]: readonly unknown[]): boolean {
  return /\.(Payload|Message)S3Pointer$/.test(String(className)) && typeof place === 'object'
}

function first(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined
}

function fieldsOf(value: unknown): Fields {
  return Object(value)
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}
