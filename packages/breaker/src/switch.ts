import type { TimeLimit } from '@spillway/message'

/** Short texts by name, stored with an event source mapping. All environments share them. */
export type Notes = Readonly<Record<string, string>>

/** The current state of an event source mapping. */
export interface SwitchReading {
  /** `changing` while a change is in progress, and in any other state in which the mapping cannot be changed. */
  readonly state: 'enabled' | 'disabled' | 'changing'
  /** `undefined` when it has none. */
  readonly maximumConcurrency: number | undefined
  /** Whether it may have a maximum concurrency. A stream and a queue with provisioned pollers may not. */
  readonly limitable: boolean
  readonly notes: Notes
}

/** The changes to make. Omitted properties stay as they are. */
export interface SwitchChange {
  readonly enabled?: boolean
  /** `null` removes it. */
  readonly maximumConcurrency?: number | null
}

/**
 * Switches an event source mapping off and on. `lambdaEventSource` of `@spillway/breaker/lambda` is one.
 *
 * Each method rejects when it fails.
 */
export interface EventSourceSwitch {
  read(limit: TimeLimit): Promise<SwitchReading>
  /**
   * Makes all changes or none, so that the mapping is never off without the concurrency that marks who switched it off.
   */
  change(change: SwitchChange, limit: TimeLimit): Promise<void>
  /** Stores notes with the mapping. A note replaces the one of the same name. */
  note(notes: Notes, limit: TimeLimit): Promise<void>
}
