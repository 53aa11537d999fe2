import type { MessageRecord, SourceRecord } from '@spillway/message'

/**
 * The property of a message with its record. A symbol, so that it is not in JSON; registered, because an app may load this
 * module twice: in a bundle and beside it.
 */
export const sourceRecord: unique symbol = Symbol.for('spillway.sourceRecord') as never

/** The record of a message as Lambda delivered it; `undefined` if the message did not come through a source. */
export function rawOf(message: MessageRecord): unknown {
  return (message as MessageRecord & { readonly [sourceRecord]?: SourceRecord })[sourceRecord]?.raw
}
