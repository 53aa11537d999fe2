import type { MessageDefinition, StandardSchemaV1 } from '@spillway/message'
import { isObject, isStandardSchema } from '@spillway/message/internal'

/** The schema of a part of a request: a message of `defineMessage`, or a Standard Schema validator. */
export type PartSchema = MessageDefinition | StandardSchemaV1

/** A schema with the name of its message. */
export interface NamedSchema {
  /** `undefined` for a schema without a message. */
  readonly name: string | undefined
  readonly schema: StandardSchemaV1
}

/** The schema and the name of a part. */
export function toNamed(part: PartSchema | undefined): NamedSchema | undefined {
  const schema = schemaOf(part)
  if (part === undefined || schema === undefined) return undefined
  return { name: schema === part ? undefined : (part as MessageDefinition).name, schema }
}

/** The schema of a part; `undefined` for any other value. */
export function schemaOf(part: unknown): StandardSchemaV1 | undefined {
  if (isStandardSchema(part)) return part
  const { schema } = isObject(part) ? part : {}
  return isStandardSchema(schema) ? schema : undefined
}
