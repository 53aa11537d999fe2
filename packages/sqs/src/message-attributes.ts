import type { EncodedMessage } from '@spillway/message'
import { isSendable, maxAttributes } from '@spillway/transport'

/** W3C Trace Context: version, trace id, parent id, flags, and additions of later versions. */
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[\x21-\x7e]{0,128})?$/

/**
 * The message attributes of a message: its own, and `traceparent` unless they have one. A malformed trace is left out, so
 * that SQS does not refuse the message for it.
 */
export function attributesOf({ traceparent, attributes }: EncodedMessage): readonly [string, string][] {
  const own = attributes === undefined ? [] : Object.entries(attributes)
  if (traceparent === undefined || !traceparentPattern.test(traceparent)) return own
  return own.some(([name]) => name === 'traceparent') ? own : [['traceparent', traceparent], ...own]
}

/**
 * Why SQS would refuse the attributes of a message; `undefined` if it would not.
 *
 * Source: Amazon SQS Developer Guide, "Message metadata for Amazon SQS".
 */
export function attributeFault(attributes: readonly (readonly [string, unknown])[]): string | undefined {
  if (attributes.length > maxAttributes) {
    return `It has ${attributes.length} message attributes, the trace included; a queue takes at most ${maxAttributes}.`
  }
  for (const [name, value] of attributes) {
    if (!isName(name)) {
      return 'The name of a message attribute is not 1 to 256 of A-Z, a-z, 0-9, "_", "-" and single inner ".".'
    }
    if (/^(aws|amazon)\./i.test(name)) {
      return `The name of the message attribute \`${name}\` begins with a prefix that is reserved for AWS.`
    }
    if (typeof value !== 'string' || !isSendable(value)) {
      return `The message attribute \`${name}\` is empty, is not a text, or has a character that a queue refuses.`
    }
  }
  return undefined
}

function isName(name: string): boolean {
  return name.length <= 256 && /^[\w-]+(\.[\w-]+)*$/.test(name)
}
