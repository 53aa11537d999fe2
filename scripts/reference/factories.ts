import { batch, eachRecord, outageSurvival, route } from '../../packages/batch/src/index.ts'
import { invoke } from '../../packages/batch/src/testing.ts'
import { breaker } from '../../packages/breaker/src/index.ts'
import { lambdaEventSource } from '../../packages/breaker/src/lambda/index.ts'
import {
  bodyLimit,
  enqueue,
  enqueueMany,
  problemDetails,
  status,
  validate,
} from '../../packages/ingest/src/index.ts'
import { claimCheck } from '../../packages/kinesis/src/claim-check.ts'
import { kinesisPartialBatchFailure, kinesisSource, kinesisTarget } from '../../packages/kinesis/src/index.ts'
import { s3ClaimStore, s3DeadLetter } from '../../packages/kinesis/src/s3.ts'
import { sqsDeadLetter } from '../../packages/kinesis/src/sqs.ts'
import {
  closeAfterInvocation,
  connectionBudgetMigration,
  connectionLimit,
  kyselyParkedStore,
  kyselyStatus,
  kyselyTransaction,
  kyselyWriter,
  mysqlPool,
  postgresPool,
  sweepInbox,
} from '../../packages/kysely/src/index.ts'
import { rdsIamPassword, rdsTls } from '../../packages/kysely/src/rds.ts'
import { bundleOptions } from '../../packages/local/src/esbuild.ts'
import {
  defineMessage,
  done,
  envelope,
  gzipped,
  plainJson,
  type Writer,
} from '../../packages/message/src/index.ts'
import { coalesce } from '../../packages/sqs/src/coalesce.ts'
import {
  redriveMessage,
  snsNotification,
  sqsPartialBatchFailure,
  sqsSource,
  sqsTarget,
} from '../../packages/sqs/src/index.ts'
import { s3Payloads } from '../../packages/sqs/src/s3.ts'
import { emfTelemetry } from '../../packages/telemetry/src/emf.ts'
import { otelTelemetry } from '../../packages/telemetry/src/otel.ts'

/** A function of a package that takes options. */
export interface Factory {
  readonly name: string
  /** What `import` names. */
  readonly from: string
  /** What a heading says behind the name. */
  readonly variant?: string
  /** The interfaces of its options, the first one first: the file under `packages` and the name. */
  readonly interfaces: readonly (readonly [file: string, name: string])[]
  /** The factory as a function of its options. Without it the options are not checked when it is called. */
  readonly call?: (options: never) => unknown
  /** Right values of the options that are required. */
  readonly samples?: Readonly<Record<string, unknown>>
}

const nothing = () => undefined
const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/orders'
const deadLetterQueueUrl = `${queueUrl}-dlq`
const schema = { '~standard': { version: 1, vendor: 'reference', validate: () => ({ value: {} }) } } as const
const order = defineMessage({ name: 'order.placed', schema })
const write: Writer<unknown> = async (records) => records.map(() => done())
const to = { send: nothing }
const store = { put: nothing, get: nothing }
const db = {
  insertInto: nothing,
  selectFrom: nothing,
  transaction: nothing,
  withoutPlugins: nothing,
}

/** All factories with options but `defineApp`, by the pages of the reference. A test says when one is missing. */
export const factories: Readonly<Record<string, readonly Factory[]>> = {
  accept: [
    {
      name: 'defineMessage',
      from: '@spillway/message',
      interfaces: [['message/src/define-message.ts', 'MessageOptions']],
      call: defineMessage,
      samples: { name: 'order.placed', schema },
    },
    {
      name: 'validate',
      from: '@spillway/ingest',
      interfaces: [['ingest/src/validate.ts', 'ValidateOptions']],
      call: validate,
    },
    {
      name: 'bodyLimit',
      from: '@spillway/ingest',
      interfaces: [['ingest/src/body-limit.ts', 'BodyLimitOptions']],
      call: bodyLimit,
    },
    {
      name: 'enqueue',
      from: '@spillway/ingest',
      interfaces: [['ingest/src/options.ts', 'EnqueueOptions']],
      call: (options) => enqueue(order, options),
      samples: { to },
    },
    {
      name: 'enqueueMany',
      from: '@spillway/ingest',
      interfaces: [
        ['ingest/src/options.ts', 'EnqueueOptions'],
        ['ingest/src/options.ts', 'EnqueueManyOptions'],
      ],
      call: (options) => enqueueMany(order, options),
      samples: { to },
    },
    {
      name: 'problemDetails',
      from: '@spillway/ingest',
      interfaces: [['ingest/src/problem-details.ts', 'ProblemDetailsOptions']],
      call: problemDetails,
    },
    {
      name: 'status',
      from: '@spillway/ingest',
      interfaces: [['ingest/src/status.ts', 'StatusOptions']],
      call: (options) => status(order, options),
      samples: { source: { find: nothing } },
    },
  ],
  transports: [
    {
      name: 'sqsTarget',
      from: '@spillway/sqs',
      interfaces: [['sqs/src/target-options.ts', 'SqsTargetOptions']],
      call: sqsTarget,
      samples: { queueUrl },
    },
    {
      name: 'sqsSource',
      from: '@spillway/sqs',
      interfaces: [['sqs/src/source.ts', 'SqsSourceOptions']],
      call: sqsSource,
      samples: { queueUrl, deadLetterQueueUrl },
    },
    {
      name: 'sqsPartialBatchFailure',
      from: '@spillway/sqs',
      interfaces: [['sqs/src/partial-batch-failure.ts', 'SqsPartialBatchFailureOptions']],
      call: sqsPartialBatchFailure,
    },
    {
      name: 'coalesce',
      from: '@spillway/sqs/coalesce',
      interfaces: [['sqs/src/coalesce.ts', 'CoalesceOptions']],
      call: coalesce,
    },
    {
      name: 'snsNotification',
      from: '@spillway/sqs',
      interfaces: [['sqs/src/decoding/sns-notification.ts', 'SnsNotificationOptions']],
      call: (options) => snsNotification(envelope(), options),
    },
    {
      name: 's3Payloads',
      from: '@spillway/sqs/s3',
      interfaces: [
        ['sqs/src/s3.ts', 'S3PayloadsOptions'],
        ['transport/src/s3.ts', 'S3ClaimStoreOptions'],
      ],
      call: s3Payloads,
      samples: { buckets: ['payloads'] },
    },
    {
      name: 'redriveMessage',
      from: '@spillway/sqs',
      interfaces: [['sqs/src/redrive-message.ts', 'RedriveOptions']],
      call: (options) => redriveMessage({ Body: 'text' }, options),
      samples: { queueUrl },
    },
    {
      name: 'kinesisTarget',
      from: '@spillway/kinesis',
      interfaces: [['kinesis/src/target-options.ts', 'KinesisTargetOptions']],
      call: kinesisTarget,
    },
    {
      name: 'kinesisSource',
      from: '@spillway/kinesis',
      interfaces: [['kinesis/src/source.ts', 'KinesisSourceOptions']],
      call: kinesisSource,
      samples: { deadLetter: { put: nothing } },
    },
    {
      name: 'kinesisPartialBatchFailure',
      from: '@spillway/kinesis',
      interfaces: [['kinesis/src/partial-batch-failure.ts', 'KinesisPartialBatchFailureOptions']],
      call: kinesisPartialBatchFailure,
    },
    {
      name: 'sqsDeadLetter',
      from: '@spillway/kinesis/sqs',
      interfaces: [['kinesis/src/sqs.ts', 'SqsDeadLetterOptions']],
      call: sqsDeadLetter,
      samples: { queueUrl },
    },
    {
      name: 's3DeadLetter',
      from: '@spillway/kinesis/s3',
      interfaces: [
        ['kinesis/src/s3.ts', 'S3DeadLetterOptions'],
        ['transport/src/s3.ts', 'S3ClaimStoreOptions'],
      ],
      call: s3DeadLetter,
      samples: { bucket: 'parked' },
    },
    {
      name: 'claimCheck',
      from: '@spillway/sqs/claim-check` and `@spillway/kinesis/claim-check',
      interfaces: [['transport/src/claim/claim-check.ts', 'ClaimCheckOptions']],
      call: claimCheck,
      samples: { store },
    },
    {
      name: 'claimCheck',
      from: '@spillway/sqs` and `@spillway/kinesis',
      variant: 'of a source',
      interfaces: [['transport/src/claim/load-claim.ts', 'ClaimSourceOptions']],
      call: (options) => sqsSource({ queueUrl, deadLetterQueueUrl, claimCheck: options }),
      samples: { store },
    },
    {
      name: 's3ClaimStore',
      from: '@spillway/sqs/s3` and `@spillway/kinesis/s3',
      interfaces: [['transport/src/s3.ts', 'S3ClaimStoreOptions']],
      call: s3ClaimStore,
      samples: { bucket: 'large' },
    },
    {
      name: 'plainJson',
      from: '@spillway/message',
      interfaces: [['message/src/decoding/plain-json.ts', 'PlainJsonOptions']],
      call: plainJson,
    },
    {
      name: 'gzipped',
      from: '@spillway/message',
      interfaces: [['message/src/decoding/encoded.ts', 'GzippedOptions']],
      call: (options) => gzipped(envelope(), options),
    },
  ],
  batch: [
    {
      name: 'batch',
      from: '@spillway/batch',
      interfaces: [['batch/src/batch-options.ts', 'BatchOptions']],
      call: (options) => batch(order, write, options),
    },
    {
      name: 'batch',
      from: '@spillway/batch',
      variant: 'with routes',
      interfaces: [
        ['batch/src/batch-options.ts', 'RoutesOptions'],
        ['batch/src/batch-options.ts', 'BatchOptions'],
      ],
      call: (options) => batch([route(order, write)], options),
    },
    {
      name: 'eachRecord',
      from: '@spillway/batch',
      interfaces: [['batch/src/each-record.ts', 'EachRecordOptions']],
      call: (options) => eachRecord(done, options),
    },
    {
      name: 'outageSurvival',
      from: '@spillway/batch',
      interfaces: [['batch/src/survival.ts', 'OutageOptions']],
      call: outageSurvival,
      samples: { maxReceiveCount: 10, timeout: 30 },
    },
    {
      name: 'breaker',
      from: '@spillway/breaker',
      interfaces: [['breaker/src/breaker.ts', 'BreakerOptions']],
      call: breaker,
      samples: { switch: { read: nothing, change: nothing, note: nothing } },
    },
    {
      name: 'lambdaEventSource',
      from: '@spillway/breaker/lambda',
      interfaces: [['breaker/src/lambda/lambda-event-source.ts', 'LambdaEventSourceOptions']],
      call: lambdaEventSource,
    },
    {
      name: 'emfTelemetry',
      from: '@spillway/telemetry/emf',
      interfaces: [['telemetry/src/emf.ts', 'EmfTelemetryOptions']],
      call: emfTelemetry,
      samples: { namespace: 'orders' },
    },
    {
      name: 'otelTelemetry',
      from: '@spillway/telemetry/otel',
      interfaces: [['telemetry/src/otel.ts', 'OtelTelemetryOptions']],
      call: otelTelemetry,
    },
  ],
  database: [
    {
      name: 'kyselyWriter',
      from: '@spillway/kysely',
      interfaces: [['kysely/src/writer/writer-options.ts', 'KyselyWriterOptions']],
      call: kyselyWriter,
      samples: { db, insertInto: 'orders', row: nothing, conflict: 'id' },
    },
    {
      name: 'kyselyTransaction',
      from: '@spillway/kysely',
      interfaces: [['kysely/src/transaction/kysely-transaction.ts', 'KyselyTransactionOptions']],
      call: kyselyTransaction,
      samples: { db, transaction: nothing },
    },
    {
      name: 'sweepInbox',
      from: '@spillway/kysely',
      interfaces: [['kysely/src/inbox/sweep-inbox.ts', 'SweepInboxOptions']],
      call: sweepInbox,
      samples: { db },
    },
    {
      name: 'postgresPool',
      from: '@spillway/kysely',
      interfaces: [
        ['kysely/src/dialects/postgres/postgres-pool.ts', 'PostgresPoolOptions'],
        ['kysely/src/connections/pool-options.ts', 'PoolOptions'],
        ['kysely/src/connections/connection-book.ts', 'KeepingOptions'],
      ],
      call: postgresPool,
      samples: { Pool: nothing },
    },
    {
      name: 'mysqlPool',
      from: '@spillway/kysely',
      interfaces: [
        ['kysely/src/dialects/mysql/mysql-pool.ts', 'MysqlPoolOptions'],
        ['kysely/src/connections/pool-options.ts', 'PoolOptions'],
        ['kysely/src/connections/connection-book.ts', 'KeepingOptions'],
      ],
      call: mysqlPool,
      samples: { createPool: nothing },
    },
    {
      name: 'connectionLimit',
      from: '@spillway/kysely',
      interfaces: [['kysely/src/connections/connection-limit.ts', 'ConnectionLimitOptions']],
      call: connectionLimit,
    },
    {
      name: 'closeAfterInvocation',
      from: '@spillway/kysely',
      interfaces: [['kysely/src/connections/close-after-invocation.ts', 'CloseAfterInvocationOptions']],
      call: (options) => closeAfterInvocation([], options),
    },
    {
      name: 'connectionBudgetMigration',
      from: '@spillway/kysely',
      interfaces: [
        ['kysely/src/dialects/postgres/connection-budget-migration.ts', 'ConnectionBudgetOptions'],
      ],
      call: connectionBudgetMigration,
      samples: { role: 'app', connections: 16 },
    },
    {
      name: 'rdsTls',
      from: '@spillway/kysely/rds',
      interfaces: [['kysely/src/rds/rds-tls.ts', 'RdsTlsOptions']],
      call: rdsTls,
    },
    {
      name: 'rdsIamPassword',
      from: '@spillway/kysely/rds',
      interfaces: [['kysely/src/rds/rds-iam-password.ts', 'RdsIamPasswordOptions']],
      call: rdsIamPassword,
      samples: { hostname: 'orders.example.com', username: 'writer' },
    },
    {
      name: 'kyselyParkedStore',
      from: '@spillway/kysely',
      interfaces: [['kysely/src/status/kysely-parked-store.ts', 'KyselyParkedStoreOptions']],
      call: kyselyParkedStore,
      samples: { db },
    },
    {
      name: 'kyselyStatus',
      from: '@spillway/kysely',
      interfaces: [['kysely/src/status/kysely-status.ts', 'KyselyStatusOptions']],
      call: kyselyStatus,
      samples: { db, table: 'orders', key: 'id' },
    },
  ],
  tools: [
    {
      name: 'invoke',
      from: '@spillway/batch/testing',
      interfaces: [['batch/src/testing.ts', 'InvokeOptions']],
      call: (options) => invoke(nothing, {}, options),
    },
    {
      name: 'startLocal',
      from: '@spillway/local',
      interfaces: [['local/src/local-options.ts', 'LocalOptions']],
    },
    {
      name: 'startPostgres',
      from: '@spillway/local/testing',
      interfaces: [['local/src/postgres/postgres.ts', 'PostgresOptions']],
    },
    {
      name: 'bundleOptions',
      from: 'spillway/esbuild` and `@spillway/local/esbuild',
      interfaces: [['local/src/esbuild.ts', 'BundleChoices']],
      call: bundleOptions,
    },
  ],
}
