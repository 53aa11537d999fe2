import type { ParkedCopy } from '../parked/read-copy.ts'
import type { Unconfirmed } from './batch-requests.ts'

/** A copy to send back, perhaps with an edited body. */
export interface Outgoing {
  readonly copy: ParkedCopy
  /** The edited text; `undefined` when the body is unchanged. */
  readonly edited: string | undefined
}

/** The result of sending a copy: whether the queue or stream has confirmed it, or why not. */
export type SendBack =
  | {
      readonly sent: true
      /** The message id in the queue, or the sequence number in the stream. */
      readonly newId: string
    }
  | ({ readonly sent: false } & Unconfirmed)

/** The destination of copies. */
export interface CopyTarget {
  /** The URL of the queue or the name of the stream. */
  readonly name: string
  /** Whether copies of a group must stay in order. */
  readonly ordered: boolean
  /** Sends copies. Resolves with a result for each, in order. Never rejects. */
  send(copies: readonly Outgoing[]): Promise<readonly SendBack[]>
  close(): void
}
