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

/** What `enqueue` and `enqueueMany` take beside the message. */
export interface EnqueueOptions<Definition extends MessageDefinition> {
  /** Where messages go, for example `sqsTarget({ queueUrl })`. */
  readonly to: Target
  /**
   * What a key from the `Idempotency-Key` header is unique in: the tenant, the route, or a list of such. It goes before
   * the key, so that clients that do not know of one another cannot take each other's keys. Default: nothing. Name the
   * type of your event where it says more: `(event: APIGatewayProxyEventV2WithJWTAuthorizer) => …`.
   */
  scope?(event: HttpEvent): string | readonly string[]
  /**
   * Where a client can ask what became of its message, for example `` (id) => `/orders/${id}` ``: a 202 carries it as
   * `Location`, as `Link` with `rel="monitor"`, and in its body. The id comes percent-encoded, and the function is
   * called before the message is sent. Default: nothing.
   */
  statusUrl?(id: string, event: HttpEvent): string
  /** Seconds for which the queue keeps a message back, 0 to 900; not on a FIFO queue. Default 0. */
  readonly delay?: number | ((body: MessageBody<Definition>) => number)
  /** Attributes of the message beside its body, for filters and tools that do not read it. At most nine. */
  readonly attributes?: (body: MessageBody<Definition>) => Readonly<Record<string, string>>
  /** What of a handler's own body cannot be stored; see `unstorable` of `validate`. Default `'reject'`. */
  readonly unstorable?: 'reject' | 'allow'
  /** Counts what was accepted, its bytes and the time that it took. Default: nothing. */
  readonly telemetry?: Telemetry
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
}

/** What `enqueueMany` takes beside the message. */
export interface EnqueueManyOptions<Definition extends MessageDefinition> extends EnqueueOptions<Definition> {
  /** Gets a line when a part of a bulk request was not confirmed. Default: JSON on the console. */
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
  clock: objectWith('now', 'sleep'),
}

/** The options of `enqueue`, checked, with their defaults. */
export function checkEnqueue<Definition extends MessageDefinition>(
  definition: Definition,
  options: EnqueueOptions<Definition>,
) {
  checkDefinition('enqueue', definition)
  checkOptions('enqueue', options, rules)
  return complete(options)
}

/** The options of `enqueueMany`, checked, with their defaults. */
export function checkEnqueueMany<Definition extends MessageDefinition>(
  definition: Definition,
  options: EnqueueManyOptions<Definition>,
) {
  checkDefinition('enqueueMany', definition)
  // Made here, a bundle without enqueueMany has nothing of it.
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
