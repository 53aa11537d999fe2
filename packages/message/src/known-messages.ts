import type { MessageDefinition } from './define-message.ts'
import type { ParkReason } from './outcome.ts'

/** The messages that a reader knows, by their names. */
export interface KnownMessages {
  /** The definition of a message; `undefined` for one that the reader does not know. */
  find(name: string, version: number): MessageDefinition | undefined
  /** The definition for a text without a name; `undefined` when there are several. */
  readonly only?: MessageDefinition | undefined
  /** The reason to park an envelope of an unknown message. */
  readonly unknown: ParkReason
  /** The reason to park an unknown message that came without an envelope. */
  readonly unknownForeign: ParkReason
}

/** The messages of a reader that knows one. */
export function onlyMessage(only: MessageDefinition): KnownMessages {
  return {
    only,
    find: (name) => (name === only.name ? only : undefined),
    unknown: {
      code: 'SPILLWAY_ENVELOPE_INVALID',
      detail: `The envelope holds another message; this reader expects '${only.name}'.`,
    },
    unknownForeign: {
      code: 'SPILLWAY_MESSAGE_UNKNOWN',
      detail: `The record holds another message; this handler expects '${only.name}'.`,
    },
  }
}
