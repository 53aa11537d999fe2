import {
  bodyLimit,
  enqueue,
  enqueueMany,
  problemDetails,
  status,
  validate,
} from '../../../packages/ingest/src/index.ts'
import { defineMessage } from '../../../packages/message/src/index.ts'
import { type Factory, nothing, order, schema } from './factory.ts'

const to = { send: nothing }

/** The factories that accept messages. */
export const acceptFactories: readonly Factory[] = [
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
]
