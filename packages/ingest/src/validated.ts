import type { MessageBody, MessageDefinition, MessageInput } from '@spillway/message'
import { isObject } from '@spillway/message/internal'
import type { RequestIssue } from './http-error.ts'

/** An item of a bulk request that is not sent. */
export interface RejectedItem {
  /** The place of the item in the request, from 0. */
  readonly index: number
  /** 400 for text that is not JSON, 422 for an invalid item, 500 for one that made the schema throw. */
  readonly status: 400 | 422 | 500
  readonly code: string
  readonly detail: string
  readonly issues: readonly RequestIssue[]
  /** What the schema threw. */
  readonly cause?: Error
}

/** The input and the output of a schema. */
export interface Checked<Definition extends MessageDefinition = MessageDefinition> {
  readonly input: MessageInput<Definition>
  readonly output: MessageBody<Definition>
}

/** A validated body of a request. */
export interface CheckedBody<Definition extends MessageDefinition = MessageDefinition>
  extends Checked<Definition> {
  /** Whether JSON holds the input exactly. */
  readonly plain: boolean
  /** Whether the body of the client has the names of a response, `statusCode` and `headers`. */
  readonly responseNames: boolean
  /** Whether the input and the output are unchanged since. */
  unchanged(): boolean
}

/** A valid item of a bulk request. */
export interface CheckedItem extends CheckedBody {
  readonly index: number
}

/**
 * What `validate` remembers for `enqueue`. The input of the schema is sent, because the reader validates with it as
 * well.
 */
export interface ValidationRecord {
  readonly definition: unknown
  readonly single?: CheckedBody
  readonly items?: readonly CheckedItem[]
  readonly rejected?: readonly RejectedItem[]
}

const recordOf = Symbol('spillway.validation')

/**
 * Attaches the record of `validate` to `event.valid`, under a symbol: a log of the event does not show it, and copies
 * of
 * `event.valid` or of the event, which a router makes for example, keep it.
 */
export function attachValidation(valid: object, record: ValidationRecord): void {
  Object.assign(valid, { [recordOf]: record })
}

/** The record of `validate` on an event, if it validated with the schema of a definition. */
export function validationOf(event: object, definition: MessageDefinition): ValidationRecord | undefined {
  const { valid } = event as { readonly valid?: unknown }
  const record = isObject(valid) ? (valid[recordOf] as ValidationRecord | undefined) : undefined
  const { definition: checked } = record ?? {}
  return checked === definition || checked === definition.schema ? record : undefined
}
