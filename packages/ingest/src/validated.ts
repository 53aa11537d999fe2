import type { MessageBody, MessageDefinition, MessageInput } from '@spillway/message'
import { isObject } from '@spillway/message/internal'
import type { RequestIssue } from './http-error.ts'

/** An item of a bulk request that is not sent. */
export interface RejectedItem {
  /** The place in the request, from 0. */
  readonly index: number
  /** 400 for text that is not JSON, 422 for an invalid item, 500 for one that made the schema throw. */
  readonly status: 400 | 422 | 500
  readonly code: string
  readonly detail: string
  readonly issues: readonly RequestIssue[]
  /** What the schema threw. */
  readonly cause?: Error
}

/** What went into a schema and what came out of it. */
export interface Checked<Definition extends MessageDefinition = MessageDefinition> {
  readonly input: MessageInput<Definition>
  readonly output: MessageBody<Definition>
}

/** A valid body of a request, as `validate` leaves it. */
export interface CheckedBody<Definition extends MessageDefinition = MessageDefinition>
  extends Checked<Definition> {
  /** Whether JSON holds the input as it is. */
  readonly plain: boolean
  /** Whether the client's own body has the names of a response, `statusCode` and `headers`. */
  readonly responseNames: boolean
  /** Whether nobody has changed the input and the output since. */
  unchanged(): boolean
}

/** A valid item of a bulk request. */
export interface CheckedItem extends CheckedBody {
  readonly index: number
}

/** What `validate` leaves for `enqueue`: the other side has the schema, too, so what went in is what travels. */
export interface ValidationRecord {
  readonly definition: unknown
  readonly single?: CheckedBody
  readonly items?: readonly CheckedItem[]
  readonly rejected?: readonly RejectedItem[]
}

const recordOf = Symbol('spillway.validation')

/** Leaves a record with what `validate` puts on the event; nobody else sees it, and copies of the object keep it. */
export function attachValidation(valid: object, record: ValidationRecord): void {
  Object.assign(valid, { [recordOf]: record })
}

/** The record that `validate` left on an event for a definition. */
export function findRecord(event: object, definition: MessageDefinition): ValidationRecord | undefined {
  const { valid } = event as { readonly valid?: unknown }
  const record = isObject(valid) ? (valid[recordOf] as ValidationRecord | undefined) : undefined
  const { definition: checked } = record ?? {}
  return checked === definition || checked === definition.schema ? record : undefined
}
