/** Events that a function with an SQS chain gets by mistake, as the services and consoles send them. */
const sqsRecord = {
  messageId: 'a',
  receiptHandle: 'r',
  body: '{}',
  attributes: { ApproximateReceiveCount: '1' },
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:orders',
  awsRegion: 'us-east-1',
}
const s3Record = {
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  eventName: 'ObjectCreated:Put',
  s3: { bucket: { name: 'uploads' }, object: { key: 'a.json' } },
}
const eventBridge = {
  version: '0',
  id: 'a',
  source: 'aws.events',
  time: '2026-01-02T03:04:05Z',
  resources: [],
}

/** Each with what an error says that got it. */
export const foreignEvents: readonly (readonly [name: string, event: unknown, says: string])[] = [
  ['EventBridge Pipes', [sqsRecord, sqsRecord], 'a list, as EventBridge Pipes sends it'],
  ['a list of nothing', [], 'a list, as EventBridge Pipes sends it'],
  ['the test of the console', { key1: 'value1', key2: 'value2', key3: 'value3' }, 'an event without records'],
  ['S3', { Records: [s3Record] }, 'records of aws:s3'],
  ['the test of S3', { Service: 'Amazon S3', Event: 's3:TestEvent' }, 'an event without records'],
  ['SNS', { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', Sns: {} }] }, 'records of aws:sns'],
  ['Kinesis', { Records: [{ eventSource: 'aws:kinesis', kinesis: {} }] }, 'records of aws:kinesis'],
  [
    'a DynamoDB stream',
    { Records: [{ eventSource: 'aws:dynamodb', dynamodb: {} }] },
    'records of aws:dynamodb',
  ],
  ['SES', { Records: [{ eventSource: 'aws:ses', ses: {} }] }, 'records of aws:ses'],
  ['Kafka', { eventSource: 'aws:kafka', records: { 'orders-0': [] } }, 'an event without records'],
  ['Firehose', { invocationId: 'a', records: [{ data: '' }] }, 'an event without records'],
  ['EventBridge', { ...eventBridge, 'detail-type': 'Order Placed', detail: {} }, 'an event of EventBridge'],
  ['a schedule', { ...eventBridge, 'detail-type': 'Scheduled Event', detail: {} }, 'an event of EventBridge'],
  ['HTTP', { version: '2.0', requestContext: { http: { method: 'POST' } } }, 'an HTTP request'],
  ['a warm-up ping', { source: 'serverless-plugin-warmup' }, 'an event without records'],
  ['CloudFront', { Records: [{ cf: {} }] }, 'record 0 lacks `messageId`'],
  ['records of nothing', { Records: [null] }, 'record 0 lacks `messageId`'],
  ['an object of records', { Records: { 0: sqsRecord } }, 'an event without records'],
  ['mixed services', { Records: [sqsRecord, s3Record] }, 'records of aws:s3'],
  ['nothing', null, 'got null'],
  ['no event', undefined, 'an event without records'],
  ['a text', 'ping', 'an event without records'],
]
