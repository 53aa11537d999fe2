import type { MessageRecord, SourceRecord } from '@spillway/message'

/**
 * Where a message has the record that it came in. A symbol, so that it is in no JSON, and registered, because an app may
 * have this module twice: in a bundle and beside it.
 */
export const sourceRecord: unique symbol = Symbol.for('spillway.sourceRecord') as never

/** What Lambda delivered for a message; `undefined` for a message of no source. */
export function rawOf(message: MessageRecord): unknown {
  return (message as MessageRecord & { readonly [sourceRecord]?: SourceRecord })[sourceRecord]?.raw
}
