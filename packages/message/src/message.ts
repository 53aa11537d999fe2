import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { MessageDefinition } from './define-message.ts'
import { SpillwayError } from './error.ts'
import { optionInvalid } from './options.ts'
import { isPromise } from './run-schema.ts'
import { isStorable } from './storable.ts'
import { uuidv7 } from './uuidv7.ts'

/** A message: a body with a key, optionally with a group. */
export interface Message<Body = unknown> {
  readonly name: string
  readonly version: number
  /** The idempotency key. */
  readonly key: string
  /** Messages of one group stay in order, or belong to one tenant. */
  readonly group?: string | undefined
  /** When the message was accepted. */
  readonly time: Date
  /** The trace that the message belongs to (W3C Trace Context). */
  readonly traceparent?: string | undefined
  readonly body: Body
}

/** The facts of a message that come from its request, not from its body. */
export interface MessageFacts {
  readonly time: Date
  /** The key for a message whose definition has none. Default: a new UUIDv7. */
  readonly key?: string | undefined
  readonly traceparent?: string | undefined
}

/**
 * Makes a message of a valid body. Derives its key and its group.
 *
 * @param body the output of the schema; key and group are derived from it
 * @throws SpillwayError `SPILLWAY_KEY_INVALID` or `SPILLWAY_GROUP_INVALID` when a function of the definition returns a
 * text that a queue cannot hold, `SPILLWAY_OPTION_INVALID` when it does not return a text.
 */
export function createMessage<Schema extends StandardSchemaV1>(
  definition: MessageDefinition<Schema>,
  body: StandardSchemaV1.InferOutput<Schema>,
  facts: MessageFacts,
): Message<StandardSchemaV1.InferOutput<Schema>> {
  const { key = keyOrNew(definition, facts), group } = keyAndGroup(definition, body)
  const { name, version } = definition
  return { name, version, key, group, time: facts.time, traceparent: facts.traceparent, body }
}

function keyOrNew(definition: MessageDefinition, { key = uuidv7() }: MessageFacts): string {
  if (typeof key !== 'string') throw notText('key', definition, key)
  checkKey(definition.name, key)
  return key
}

/**
 * The key and the group that a definition derives from a body; `undefined` without a function for it.
 *
 * @throws SpillwayError as {@link createMessage}
 */
export function keyAndGroup<Schema extends StandardSchemaV1>(
  definition: MessageDefinition<Schema>,
  body: StandardSchemaV1.InferOutput<Schema>,
): { readonly key?: string; readonly group?: string } {
  const { name } = definition
  const key = definition.key?.(body)
  const group = definition.group?.(body)
  if (definition.key !== undefined) {
    if (typeof key !== 'string') throw notText('key', definition, key)
    checkKey(name, key)
  }
  if (group !== undefined && typeof group !== 'string') throw notText('group', definition, group)
  if (group !== undefined && !isText(group, 128)) {
    throw new SpillwayError(
      'SPILLWAY_GROUP_INVALID',
      `The group of a ${name} message must be a well-formed string of 1 to 128 characters.`,
    )
  }
  return { ...(key !== undefined && { key }), ...(group !== undefined && { group }) }
}

function checkKey(name: string, key: string): void {
  if (isText(key, 256)) return
  throw new SpillwayError(
    'SPILLWAY_KEY_INVALID',
    `The key of a ${name} message must be a well-formed string of 1 to 256 characters.`,
  )
}

/** The error for a definition whose function does not return a text. */
function notText(option: string, { name }: MessageDefinition, given: unknown): SpillwayError {
  refusePromise(`The option \`${option}\` of the message ${name}`, given)
  return optionInvalid(
    `The option \`${option}\` of the message ${name} has to return a string, not ${given === null ? 'null' : typeof given}.`,
  )
}

/**
 * Throws when the function of an option is asynchronous: its result is not awaited.
 *
 * @param owner the option, at the start of the message
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for a promise.
 */
export function refusePromise(owner: string, given: unknown): void {
  if (!isPromise(given)) return
  // An unhandled rejection would end the process.
  given.then(undefined, () => undefined)
  throw optionInvalid(
    `${owner} is asynchronous, but must not return a promise. Await what it needs earlier, in the handler or a middleware.`,
  )
}

/**
 * Whether a value is a string of 1 to `max` characters that a queue and a database can store. A lone surrogate is not
 * storable: UTF-8 replaces each by the same character, so two messages could share a key.
 */
export function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= max && isStorable(value)
}

/**
 * Whether a value may be the id of a record: 1 to 256 printable ASCII characters, as AWS makes them. The id in a
 * redriven copy is checked, because anybody may write to the queue and the column in the database holds only such ids.
 */
export function isRecordId(value: unknown): value is string {
  return typeof value === 'string' && /^[ -~]{1,256}$/.test(value)
}
