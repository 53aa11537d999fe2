import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  checkOptions,
  integer,
  isFunction,
  nonEmptyString,
  type OptionRule,
  type OptionRules,
  optionInvalid,
  required,
} from './options.ts'
import { isObject } from './plain.ts'
import { requireNode } from './require-node.ts'

/** What {@link defineMessage} takes. */
export interface MessageOptions<Schema extends StandardSchemaV1> {
  /** What happened, in the past tense by convention: `order.placed`. 1 to 128 characters. */
  readonly name: string
  /**
   * Any Standard Schema validator: zod, valibot, arktype. Both sides validate with it: what goes into it travels, less
   * the names that it drops. So it has to give the same each time; a random default belongs into the handler before
   * `enqueue`.
   */
  readonly schema: Schema
  /**
   * The idempotency key: two messages with one key have one effect. 1 to 256 characters.
   * Default: what the message is created with (`enqueue` takes the `Idempotency-Key` header), else a UUIDv7, so that a
   * client that repeats its request without a key makes a second message.
   */
  readonly key?: (body: StandardSchemaV1.InferOutput<Schema>) => string
  /** What has to stay in order (a FIFO group, a partition key) or the tenant. 1 to 128 characters. Default: none. */
  readonly group?: (body: StandardSchemaV1.InferOutput<Schema>) => string
  /** The version of the schema, from 1. Default 1. */
  readonly version?: number
  /**
   * Turns the body of an older version into that of the next: `{ 1: (body) => … }` makes version 2 of version 1. A
   * queue still holds yesterday's messages after a deploy: those of a version without a function are parked.
   */
  readonly upcast?: Upcasts
}

/** Functions by the version that they turn into the next one. */
export type Upcasts = Readonly<Record<number, (body: unknown) => unknown>>

/** A message as both sides know it: the one that accepts it and the one that writes it. */
export interface MessageDefinition<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  readonly name: string
  readonly version: number
  readonly schema: Schema
  readonly upcast?: Upcasts
  key?(body: StandardSchemaV1.InferOutput<Schema>): string
  group?(body: StandardSchemaV1.InferOutput<Schema>): string
}

/** The body that a definition accepts, before its schema transforms it: what goes on the wire. */
export type MessageInput<Definition extends MessageDefinition> = StandardSchemaV1.InferInput<
  Definition['schema']
>

/** The body that a handler or a row mapper sees, after the schema. */
export type MessageBody<Definition extends MessageDefinition> = StandardSchemaV1.InferOutput<
  Definition['schema']
>

/** An optional Standard Schema validator. */
export const isSchema: OptionRule = {
  expected: 'a Standard Schema validator, for example z.object({ … })',
  test: isStandardSchema,
}

const rules: OptionRules<MessageOptions<StandardSchemaV1>> = {
  name: nonEmptyString(128),
  schema: required(isSchema),
  key: isFunction,
  group: isFunction,
  version: integer(1, Number.MAX_SAFE_INTEGER),
  upcast: {
    expected: 'an object with a function for each older version, for example { 1: (body) => … }',
    test: (value) =>
      isObject(value) &&
      Object.entries(value).every(([version, fn]) => /^[1-9]\d*$/.test(version) && typeof fn === 'function'),
  },
}

/**
 * Defines a message once, for the side that accepts it and the side that writes it.
 *
 * @example
 * ```ts
 * import { defineMessage } from '@spillway/message'
 * import * as z from 'zod'
 *
 * export const order = defineMessage({
 *   name: 'order.placed',
 *   schema: z.object({ id: z.uuid(), customer: z.string() }),
 *   key: (body) => body.id,
 * })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or of the wrong kind,
 * `SPILLWAY_NODE_UNSUPPORTED` on a Node before 22.
 */
export function defineMessage<const Schema extends StandardSchemaV1>(
  options: MessageOptions<Schema>,
): MessageDefinition<Schema> {
  requireNode()
  checkOptions('defineMessage', options, rules)
  const { version = 1, upcast = {} } = options
  const ahead = Object.keys(upcast).find((from) => Number(from) >= version)
  if (ahead !== undefined) {
    throw optionInvalid(
      `defineMessage: the option \`upcast\` has a function for version ${ahead}, but \`version\` is ${version}.`,
    )
  }
  return Object.freeze({ ...options, version })
}

/**
 * Holds what is given for a message to what {@link defineMessage} makes.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for anything else; `undefined` is what a circular import gives.
 */
export function checkDefinition(owner: string, definition: unknown): void {
  const { name, version, schema } = (definition ?? {}) as Partial<MessageDefinition>
  if (typeof name === 'string' && Number.isSafeInteger(version) && isStandardSchema(schema)) return
  throw optionInvalid(
    `${owner} takes a message of defineMessage()${definition === undefined ? ', not undefined: do its modules import each other?' : '.'}`,
  )
}

/** Whether a value is a validator of the Standard Schema interface. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  // arktype's schemas are functions.
  if (!isObject(value) && typeof value !== 'function') return false
  const standard = (value as Partial<StandardSchemaV1>)['~standard']
  return typeof standard?.validate === 'function'
}
