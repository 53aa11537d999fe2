import type { ParkedCopy } from '../parked/read-copy.ts'
import type { Unconfirmed } from './batch-requests.ts'

/** A copy that is to go back, with the text that an editor made of its body. */
export interface Outgoing {
  readonly copy: ParkedCopy
  /** `undefined`: its body goes back as it came. */
  readonly edited: string | undefined
}

/** What became of a copy that was sent: whether its queue or stream has confirmed it, or why not. */
export type SendBack =
  | {
      readonly sent: true
      /** The id that the message has in its queue, or the sequence number that the record has in its stream. */
      readonly newId: string
    }
  | ({ readonly sent: false } & Unconfirmed)

/** Where copies go back to. */
export interface CopyTarget {
  /** For people: a URL, or the name of a stream. */
  readonly name: string
  /** Whether copies of one group must not overtake one another. */
  readonly ordered: boolean
  /** Sends copies. Answers one result for each, in order, and never rejects. */
  send(copies: readonly Outgoing[]): Promise<readonly SendBack[]>
  close(): void
}
