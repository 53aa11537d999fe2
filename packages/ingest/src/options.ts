import {
  consoleLogger,
  type Logger,
  type MessageBody,
  type MessageDefinition,
  type Target,
  type Telemetry,
} from '@spillway/message'
import {
  type Clock,
  checkDefinition,
  checkOptions,
  isClock,
  isFunction,
  type OptionRules,
  objectWith,
  oneOf,
  quietLogger,
  quietTelemetry,
  required,
  systemClock,
} from '@spillway/message/internal'
import type { HttpEvent } from './http-event.ts'

/** Options of `enqueue` and `enqueueMany`. */
export interface EnqueueOptions<Definition extends MessageDefinition> {
  /** Where messages go, for example `sqsTarget({ queueUrl })`. */
  readonly to: Target
  /**
   * The scope in which a key of the `Idempotency-Key` header is unique: the tenant, the route, or a list of such parts.
   * It goes before the key, so that independent clients can use the same keys. Default: none. To read more of the
   * event, name its type: `(event: APIGatewayProxyEventV2WithJWTAuthorizer) => …`.
   */
  scope?(event: HttpEvent): string | readonly string[]
  /**
   * The URL at which a client can ask for the status of its message, for example `` (id) => `/orders/${id}` ``. A 202
   * has it as `Location`, as `Link` with `rel="monitor"`, and in its body. The id is already percent-encoded. The
   * function is called before the message is sent. Default: none.
   */
  statusUrl?(id: string, event: HttpEvent): string
  /** Seconds for which the queue delays the message, 0 to 900; not on a FIFO queue. Default 0. */
  readonly delay?: number | ((body: MessageBody<Definition>) => number)
  /** Attributes of the message, for filters and tools that do not read the body. At most nine. */
  readonly attributes?: (body: MessageBody<Definition>) => Readonly<Record<string, string>>
  /**
   * How to treat text and numbers that the database cannot store, in a body that the handler made; see `unstorable` of
   * `validate`. Default `'reject'`.
   */
  readonly unstorable?: 'reject' | 'allow'
  /** Counts accepted messages and their bytes, and measures durations. Default: none. */
  readonly telemetry?: Telemetry
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
}

/** Options of `enqueueMany`. */
export interface EnqueueManyOptions<Definition extends MessageDefinition> extends EnqueueOptions<Definition> {
  /** Logs when a part of a bulk request was not confirmed. Default: JSON on the console. */
  readonly logger?: Logger
}

const rules: OptionRules<EnqueueOptions<MessageDefinition>> = {
  to: required({ ...objectWith('send'), expected: 'a target, for example sqsTarget({ queueUrl })' }),
  scope: isFunction,
  statusUrl: isFunction,
  delay: {
    expected: 'a number of seconds from 0 to 900, or a function that gives one',
    test: (value) =>
      typeof value === 'function' || (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 900),
  },
  attributes: isFunction,
  unstorable: oneOf('reject', 'allow'),
  telemetry: objectWith('count', 'duration'),
  clock: isClock,
}

/** Checks the options of `enqueue` and adds the defaults. */
export function checkEnqueue<Definition extends MessageDefinition>(
  definition: Definition,
  options: EnqueueOptions<Definition>,
) {
  checkDefinition('enqueue', definition)
  checkOptions('enqueue', options, rules)
  return complete(options)
}

/** Checks the options of `enqueueMany` and adds the defaults. */
export function checkEnqueueMany<Definition extends MessageDefinition>(
  definition: Definition,
  options: EnqueueManyOptions<Definition>,
) {
  checkDefinition('enqueueMany', definition)
  // Made here and not at module level, so that a bundle without enqueueMany leaves it out.
  const manyRules: OptionRules<EnqueueManyOptions<MessageDefinition>> = {
    ...rules,
    logger: objectWith('info', 'warn', 'error'),
  }
  checkOptions('enqueueMany', options, manyRules)
  return { ...complete(options), logger: quietLogger(options.logger ?? consoleLogger) }
}

function complete<Definition extends MessageDefinition>(options: EnqueueOptions<Definition>) {
  const { clock = systemClock, unstorable = 'reject' } = options
  const storable = unstorable === 'reject'
  return { ...options, telemetry: quietTelemetry(options.telemetry), clock, storable }
}
