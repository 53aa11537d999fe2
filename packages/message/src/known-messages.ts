import type { MessageDefinition } from './define-message.ts'
import type { ParkReason } from './outcome.ts'

/** The messages that a reader knows, by their names. */
export interface KnownMessages {
  /** The definition of a message; `undefined` for one that the reader does not know. */
  find(name: string, version: number): MessageDefinition | undefined
  /** The one that a text means which says no name. `undefined` where there are several. */
  readonly only?: MessageDefinition | undefined
  /** Why an envelope of another message is parked. */
  readonly unknown: ParkReason
  /** Why another message that came in no envelope is parked. */
  readonly unknownForeign: ParkReason
}

/** A reader of one message. */
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
