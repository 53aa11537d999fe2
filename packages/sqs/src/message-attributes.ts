import type { EncodedMessage } from '@spillway/message'
import { isSendable, maxAttributes } from '@spillway/transport'

/** W3C Trace Context: version, trace id, parent id, flags, and what later versions add. */
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[\x21-\x7e]{0,128})?$/

/**
 * The attributes that go beside the body: the message's own, and `traceparent` unless they have one. A trace that is
 * malformed stays in the envelope only: it must not cost the message.
 */
export function attributesOf({ traceparent, attributes }: EncodedMessage): readonly [string, string][] {
  const own = attributes === undefined ? [] : Object.entries(attributes)
  if (traceparent === undefined || !traceparentPattern.test(traceparent)) return own
  return own.some(([name]) => name === 'traceparent') ? own : [['traceparent', traceparent], ...own]
}

/**
 * Why SQS would refuse a message for its attributes; `undefined` when it would not.
 *
 * Source: Amazon SQS Developer Guide, "Amazon SQS message metadata".
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
      return `The name of the message attribute \`${name}\` begins with what AWS keeps for itself.`
    }
    if (typeof value !== 'string' || !isSendable(value)) {
      return `The message attribute \`${name}\` is empty, is no text, or holds a character that a queue refuses.`
    }
  }
  return undefined
}

function isName(name: string): boolean {
  return name.length <= 256 && /^[\w-]+(\.[\w-]+)*$/.test(name)
}
