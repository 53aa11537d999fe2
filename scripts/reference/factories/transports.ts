import { claimCheck } from '../../../packages/kinesis/src/claim-check.ts'
import {
  kinesisPartialBatchFailure,
  kinesisSource,
  kinesisTarget,
} from '../../../packages/kinesis/src/index.ts'
import { s3ClaimStore, s3DeadLetter } from '../../../packages/kinesis/src/s3.ts'
import { sqsDeadLetter } from '../../../packages/kinesis/src/sqs.ts'
import { envelope, gzipped, plainJson } from '../../../packages/message/src/index.ts'
import { coalesce } from '../../../packages/sqs/src/coalesce.ts'
import {
  redriveMessage,
  snsNotification,
  sqsPartialBatchFailure,
  sqsSource,
  sqsTarget,
} from '../../../packages/sqs/src/index.ts'
import { s3Payloads } from '../../../packages/sqs/src/s3.ts'
import { deadLetterQueueUrl, type Factory, nothing, queueUrl } from './factory.ts'

const store = { put: nothing, get: nothing }

/** The factories of SQS and Kinesis, and of decodings. */
export const transportsFactories: readonly Factory[] = [
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
]
