import { toTable } from './blocks.ts'

/** A limit of AWS that the code observes. */
export interface AwsLimit {
  readonly what: string
  readonly value: string
  /** The file of the code that has it. */
  readonly file: string
  /** The text of the limit in the file. */
  readonly written: string
  /** The document of AWS that states it. */
  readonly source: string
}

const sqs = 'Amazon SQS'
const lambda = 'AWS Lambda Developer Guide'
const kinesis = 'Amazon Kinesis Data Streams'

/** The limits of AWS that the code observes. A test looks for each of them in its file. */
export const awsLimits: readonly AwsLimit[] = [
  limit(
    'message of SQS, attributes included',
    '1,048,576 bytes',
    'transport/src/parking/queue-copy.ts',
    '1_048_576',
    `${sqs} Developer Guide, "Amazon SQS message quotas"`,
  ),
  limit(
    'messages in one request to SQS',
    '10, and 1,048,576 bytes together',
    'sqs/src/pack.ts',
    'maxEntries = 10',
    `${sqs} API Reference, SendMessageBatch`,
  ),
  limit(
    'characters of a message of SQS',
    'those of XML 1.0',
    'transport/src/parking/text.ts',
    '\\uFFFE\\uFFFF',
    `${sqs} API Reference, SendMessage`,
  ),
  limit(
    'message attributes of a message',
    '10',
    'transport/src/parking/parked-attributes.ts',
    'maxAttributes = 10',
    `${sqs} Developer Guide, "Amazon SQS message quotas"`,
  ),
  limit(
    'name of a message attribute',
    '256 characters',
    'sqs/src/message-attributes.ts',
    'length <= 256',
    `${sqs} Developer Guide, "Message metadata for Amazon SQS"`,
  ),
  limit(
    'group and deduplication id of a FIFO queue',
    '128 characters',
    'sqs/src/entry.ts',
    '{1,128}',
    `${sqs} API Reference, SendMessage`,
  ),
  limit(
    'delay of a message',
    '900 s',
    'sqs/src/precheck.ts',
    'longestDelay = 900',
    `${sqs} API Reference, SendMessage`,
  ),
  limit(
    'visibility time-out',
    '43,200 s',
    'sqs/src/delay-records.ts',
    '43_200',
    `${sqs} API Reference, ChangeMessageVisibility`,
  ),
  limit(
    'retention of a queue',
    '60 to 1,209,600 s',
    'planner/src/define-queue.ts',
    '1_209_600',
    `${sqs} API Reference, CreateQueue`,
  ),
  limit(
    '`maxReceiveCount`',
    '1 to 1,000',
    'planner/src/define-queue.ts',
    'maxReceiveCount: integer(1, 1000)',
    `${sqs} API Reference, CreateQueue`,
  ),
  limit(
    'name of a queue',
    '80 characters',
    'planner/src/define-queue.ts',
    'name.length <= 80',
    `${sqs} API Reference, CreateQueue`,
  ),
  limit(
    'records of a stream in one request',
    '500, and 10,485,760 bytes together',
    'kinesis/src/limits.ts',
    'maxEntries: 500',
    `${kinesis} API Reference, PutRecords`,
  ),
  limit(
    'record of a stream',
    '1,048,576 bytes, or up to 10,485,760 if the stream is configured for it',
    'kinesis/src/limits.ts',
    '1_048_576',
    `${kinesis} Developer Guide, "Quotas and limits"`,
  ),
  limit(
    'partition key',
    '256 characters',
    'kinesis/src/partition-key.ts',
    'longestKey = 256',
    `${kinesis} API Reference, PutRecords`,
  ),
  limit(
    'time-out of a function',
    '900 s',
    'planner/src/define-app.ts',
    'timeout: integer(1, 900)',
    `${lambda}, "Lambda quotas"`,
  ),
  limit(
    'batch of an event source mapping',
    '10,000 records; more than 10 messages need a window',
    'planner/src/define-app.ts',
    'batchSize: integer(1, 10_000)',
    'AWS Lambda API Reference, CreateEventSourceMapping',
  ),
  limit(
    'batching window',
    '300 s',
    'planner/src/define-app.ts',
    'batchingWindow: integer(0, 300)',
    'AWS Lambda API Reference, CreateEventSourceMapping',
  ),
  limit(
    '`MaximumConcurrency` of a queue',
    '2 to 1,000',
    'planner/src/define-app.ts',
    'maximumConcurrency: integer(2, 1000)',
    'AWS Lambda API Reference, ScalingConfig',
  ),
  limit(
    'concurrent invocations for a queue without `MaximumConcurrency`',
    '1,250',
    'planner/src/check-app.ts',
    'mostPollers = 1250',
    `${lambda}, "Configuring scaling behavior for SQS event source mappings"`,
  ),
  limit(
    '`ParallelizationFactor`',
    '1 to 10',
    'planner/src/define-stream.ts',
    'parallelizationFactor: integer(1, 10)',
    'AWS Lambda API Reference, CreateEventSourceMapping',
  ),
  limit(
    'retries of a stream',
    '0 to 10,000, or -1',
    'planner/src/define-stream.ts',
    'integer(0, 10_000)',
    'AWS Lambda API Reference, CreateEventSourceMapping',
  ),
  limit(
    'age of a record of a stream',
    '60 to 604,800 s, or -1',
    'planner/src/define-stream.ts',
    'integer(60, 604_800)',
    'AWS Lambda API Reference, CreateEventSourceMapping',
  ),
  limit(
    'event and response of an invocation',
    '6,291,456 bytes',
    'local/src/functions/failures.ts',
    '6_291_456',
    `${lambda}, "Lambda quotas"`,
  ),
  limit(
    'parameters of one statement of Postgres and MySQL',
    '65,535',
    'kysely/src/dialects/mysql/mysql-writer.ts',
    '65_535',
    'PostgreSQL documentation, "PostgreSQL Limits"; MySQL Source Code Documentation, "COM_STMT_PREPARE"',
  ),
]

function limit(what: string, value: string, file: string, written: string, source: string): AwsLimit {
  return { what, value, file: `packages/${file}`, written, source }
}

/** The limits as a table. */
export const awsLimitTable: string = toTable(
  ['what', 'limit', 'in the code', 'source'],
  awsLimits.map(({ what, value, file, source }) => [
    what,
    value,
    `[${file.replace(/^packages\/|src\//g, '')}](../../${file})`,
    source,
  ]),
)
