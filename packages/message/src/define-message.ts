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

/** Options of {@link defineMessage}. */
export interface MessageOptions<Schema extends StandardSchemaV1> {
  /** The name of the message, by convention in the past tense: `order.placed`. 1 to 128 characters. */
  readonly name: string
  /**
   * Any Standard Schema validator: zod, valibot, arktype. Both sides validate with it: the input of the schema is sent,
   * without the names that it drops. So the schema has to give the same output each time; put a random default into the
   * handler before `enqueue`.
   */
  readonly schema: Schema
  /**
   * The idempotency key: two messages with the same key have one effect. 1 to 256 characters. Default: the key with
   * which the message is created (`enqueue` uses the `Idempotency-Key` header), else a new UUIDv7. In that case a
   * client that repeats its request makes a second message.
   */
  readonly key?: (body: StandardSchemaV1.InferOutput<Schema>) => string
  /**
   * Messages of one group stay in order (a FIFO group, a partition key), or belong to one tenant. 1 to 128 characters.
   * Default: none.
   */
  readonly group?: (body: StandardSchemaV1.InferOutput<Schema>) => string
  /** The version of the schema, from 1. Default 1. */
  readonly version?: number
  /**
   * Converts a body from one version to the next: `{ 1: (body) => … }` converts version 1 to version 2. After a deploy
   * the queue still holds older messages: a message of a version without a function is parked.
   */
  readonly upcast?: Upcasts
}

/** Functions by the version that they convert to the next one. */
export type Upcasts = Readonly<Record<number, (body: unknown) => unknown>>

/** The definition of a message, for the side that accepts it and the side that writes it. */
export interface MessageDefinition<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  readonly name: string
  readonly version: number
  readonly schema: Schema
  readonly upcast?: Upcasts
  key?(body: StandardSchemaV1.InferOutput<Schema>): string
  group?(body: StandardSchemaV1.InferOutput<Schema>): string
}

/** The input of the schema of a definition: the body that is sent. */
export type MessageInput<Definition extends MessageDefinition> = StandardSchemaV1.InferInput<
  Definition['schema']
>

/** The output of the schema of a definition: the body that a handler or a row mapper gets. */
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
 * Checks that a value is a message definition.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for any other value. A circular import gives `undefined`.
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
  // Schemas of arktype are functions.
  if (!isObject(value) && typeof value !== 'function') return false
  const standard = (value as Partial<StandardSchemaV1>)['~standard']
  return typeof standard?.validate === 'function'
}
