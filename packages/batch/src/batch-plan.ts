import type { EachRecord, MessageDefinition, Writer } from '@spillway/message'
import {
  checkDefinition,
  checkOptions,
  isFunction,
  onlyMessage,
  required,
  unwatch,
  type Watcher,
} from '@spillway/message/internal'
import { type BatchOptions, batchRules, type RoutesOptions, routesRules } from './batch-options.ts'
import { callWriter } from './call-handler.ts'
import { type MessageNames, noRoute } from './message-names.ts'
import type { Pass } from './pass.ts'
import { recordByRecord } from './record-by-record.ts'
import { checkRoutes, handlerExpected, isHandler } from './route.ts'
import { routed } from './routed.ts'
import { routedMessages } from './routed-messages.ts'
import { wholeBatch } from './whole-batch.ts'

/** What `batch` makes of its arguments. */
export interface BatchPlan extends MessageNames {
  readonly pass: Pass<unknown>
  readonly watchers: readonly BatchWatcher[]
  readonly options: BatchOptions
}

/** Is told how batches end: a breaker, for example. */
export type BatchWatcher = Pick<Watcher<unknown>, 'begun' | 'held' | 'settled'>
type Handler = Writer<unknown> | EachRecord<unknown>

/** The plan of a handler of one message. */
export function planOne(definition: MessageDefinition, handler: unknown, options: BatchOptions): BatchPlan {
  checkDefinition('batch', definition)
  checkOptions('batch', options, batchRules)
  checkOptions(
    'batch',
    { handler },
    { handler: required({ ...isFunction, expected: handlerExpected, test: isHandler }) },
  )
  const { handler: inner, watchers } = unwatch(handler as Handler)
  const pass =
    typeof inner === 'function'
      ? wholeBatch<unknown>((invocation, messages) => callWriter(inner, invocation, messages))
      : recordByRecord(inner)
  const { name } = definition
  return { onlyName: name, nameOf: () => name, known: onlyMessage(definition), pass, watchers, options }
}

/** The plan of a handler of several messages. */
export function planRoutes(routes: readonly unknown[], { otherwise, ...options }: RoutesOptions): BatchPlan {
  checkRoutes(routes)
  checkOptions('batch', { otherwise, ...options }, routesRules)
  const watchers: BatchWatcher[] = []
  const unwatched = (handler: Handler): Handler => {
    const { handler: inner, watchers: own } = unwatch(handler)
    // One breaker may watch several routes: it is told of a batch once.
    for (const one of own) if (!watchers.some(({ settled }) => settled === one.settled)) watchers.push(one)
    return inner
  }
  const handlers = new Map(
    routes.map(({ definition, handler }) => [definition.name, unwatched(handler as Handler)] as const),
  )
  const rest = otherwise && unwatched(otherwise)
  return {
    nameOf: (message) => (message !== undefined && handlers.has(message) ? message : noRoute),
    known: routedMessages(routes, rest !== undefined),
    pass: routed(handlers, rest),
    watchers,
    options,
  }
}
