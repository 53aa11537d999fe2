import type { TimeLimit } from '@spillway/message'

/** What is kept beside an event source mapping: short texts by name. Every environment sees the same. */
export type Notes = Readonly<Record<string, string>>

/** An event source mapping, as it is now. */
export interface SwitchReading {
  /** `changing` while a change is under way, and when there is none to be made. */
  readonly state: 'enabled' | 'disabled' | 'changing'
  /** `undefined` when it has none. */
  readonly maximumConcurrency: number | undefined
  /** Whether it takes a maximum concurrency: a stream does not, and a queue with provisioned pollers does not. */
  readonly limitable: boolean
  readonly notes: Notes
}

/** What is to be changed. What is left out stays as it is. */
export interface SwitchChange {
  readonly enabled?: boolean
  /** `null` takes it away. */
  readonly maximumConcurrency?: number | null
}

/**
 * Switches an event source mapping off and on. `lambdaEventSource` of `@spillway/breaker/lambda` is one.
 *
 * Each method rejects when it could not do what it says.
 */
export interface EventSourceSwitch {
  read(limit: TimeLimit): Promise<SwitchReading>
  /** Makes all changes or none: the mapping is never off without the concurrency that says by whom. */
  change(change: SwitchChange, limit: TimeLimit): Promise<void>
  /** Puts notes beside the mapping, each in the place of the one with its name. */
  note(notes: Notes, limit: TimeLimit): Promise<void>
}
