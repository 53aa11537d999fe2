import type { Clock } from '@spillway/message/internal'

/** Gives a connection to one owner at a time, in the order of the requests. */
export interface Mutex<Owner> {
  /** Waits until it is free; resolves with `false` when that takes too long. */
  wait(): Promise<boolean>
  lock(owner: Owner): void
  /** Frees it if the owner still has it. */
  unlock(owner: Owner): void
}

/** What {@link createMutex} takes. Times are in milliseconds. */
export interface MutexOptions {
  readonly clock: Clock
  /** How long a caller waits. */
  readonly acquireTime: number
  /** After how long the next caller gets it although the owner has not freed it. */
  readonly longestUse: number
  /** Called when an owner loses it. */
  onLost(): void
}

/** Creates a mutex that is free. */
export function createMutex<Owner extends object>(options: MutexOptions): Mutex<Owner> {
  const { clock, acquireTime, longestUse, onLost } = options
  const waiting: (() => void)[] = []
  let held: { readonly owner: Owner; readonly since: number } | undefined

  function wait(): Promise<boolean> {
    if (held !== undefined && clock.now() - held.since > longestUse) {
      onLost()
      held = undefined
    }
    if (held === undefined) return Promise.resolve(true)
    return new Promise((resolve) => {
      const proceed = () => {
        cancel?.()
        resolve(true)
      }
      const cancel = clock.schedule?.(() => {
        waiting.splice(waiting.indexOf(proceed), 1)
        resolve(false)
      }, acquireTime)
      waiting.push(proceed)
    })
  }

  return {
    wait,
    lock(owner) {
      held = { owner, since: clock.now() }
    },
    unlock(owner) {
      if (held?.owner !== owner) return
      held = undefined
      waiting.shift()?.()
    },
  }
}
