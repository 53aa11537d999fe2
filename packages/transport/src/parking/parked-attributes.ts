import type { Issue, ParkReason } from '@spillway/message'
import { replaceUnsendable } from './text.ts'

/** Amazon SQS quotas: the most message attributes of a message. */
export const maxAttributes = 10

/** The names of the attributes that every parked copy in a queue has. */
export const reasonAttributes = {
  code: 'spillway.code',
  reason: 'spillway.reason',
  issues: 'spillway.issues',
} as const

/** Attributes of type String by their names, as the SDK takes them. */
export type StringAttributes = Record<string, { readonly DataType: 'String'; readonly StringValue: string }>

/** The longest value of an attribute, in characters. */
const longestValue = 4096

/** The bytes of attributes as SQS counts them: name, type and value. */
export function attributeBytes(attributes: readonly (readonly [string, string])[]): number {
  return attributes.reduce(
    (sum, [name, value]) =>
      sum + Buffer.byteLength(name) + Buffer.byteLength('String') + Buffer.byteLength(value),
    0,
  )
}

/** Makes a text the value of an attribute: cut to the longest value, with characters that SQS refuses replaced. */
export function toAttributeText(text: string): string {
  return replaceUnsendable(text.slice(0, longestValue))
}

/** The first issues as JSON, as many as the longest value has room for; `undefined` if there are none. */
export function issuesText({ issues = [] }: ParkReason): string | undefined {
  if (issues.length === 0) return undefined
  let shown: readonly Issue[] = issues.slice(0, 20)
  let json = JSON.stringify(shown)
  while (json.length > longestValue) {
    shown = shown.slice(0, -1)
    json = JSON.stringify(shown)
  }
  return json
}

/** Attributes as the SDK takes them. */
export function toStringAttributes(attributes: readonly (readonly [string, string])[]): StringAttributes {
  return Object.fromEntries(
    attributes.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  )
}
