import { setMaxListeners } from 'node:events'
import type { TimeLimit } from '@spillway/message'
import { type Clock, schedule, systemClock } from '@spillway/message/internal'

/** Milliseconds that are kept for the answer to the caller. */
export const guardMs = 250

/** The clock of the system, but monotonic: setting the time does not change it. */
const steadyClock: Clock = { ...systemClock, now: () => performance.now() }

/** The longest that a timer of Node runs. Milliseconds. */
const longestTimer = 2 ** 31 - 1

/**
 * A time limit within another one. It passes when its time is over, or when the outer limit aborts.
 *
 * Its timer runs only while something waits for it or has its signal: reading `remainingTime` starts no timer.
 */
export interface Deadline extends TimeLimit {
  readonly expired: boolean
  /** The result of the work, or `undefined` when the deadline passes first. Work that is already settled wins. */
  race<Value>(work: Promise<Value>): Promise<Value | undefined>
  /**
   * Calls back once when the deadline passes; immediately if it has passed.
   *
   * @returns cancels the callback
   */
  onPass(callback: (reason: unknown) => void): () => void
  /** Stops the timer for good. Call it when the work is done, if anything had the signal. */
  end(): void
}

/** The outer limit of a deadline. */
export type OuterLimit = Pick<TimeLimit, 'remainingTime'> & { readonly signal?: AbortSignal | undefined }

/** Options of {@link createDeadline}. Milliseconds. */
export interface DeadlineOptions {
  /** How long before the end of the outer limit the deadline passes. Default 0. */
  readonly reserve?: number | undefined
  /** The longest time until the deadline passes. Default: that of the outer limit. */
  readonly most?: number
  /** Default: the clock of the outer limit if it is a deadline, else the clock of the system. */
  readonly clock?: Clock | undefined
}

/** Makes a deadline within an outer limit. */
export function createDeadline(limit: OuterLimit, options: DeadlineOptions = {}): Deadline {
  return new RunningDeadline(limit, options)
}

/** The signal that may end a limit before its time is over; `undefined` if there is none. */
export function earlySignal(limit: OuterLimit): AbortSignal | undefined {
  return isDeadline(limit) ? limit.early : limit.signal
}

/** `false` for a copy of a deadline, which may have another signal. */
function isDeadline(limit: OuterLimit): limit is RunningDeadline {
  return limit instanceof RunningDeadline
}

/**
 * An own property, so that a copy of a deadline has a signal as well. The descriptor is shared: an accessor in an
 * object literal is a new function each time, with a new hidden class for its object.
 */
const signalOfItsOwn: PropertyDescriptor & ThisType<RunningDeadline> = {
  enumerable: true,
  get() {
    this.controller ??= new AbortController()
    this.isKept = true
    this.watch()
    // No effect on a signal that has aborted.
    if (this.isPassed) this.controller.abort(this.reason)
    return this.controller.signal
  },
}

/** A class, because each request makes two: methods of a prototype cost less than closures. */
class RunningDeadline implements Deadline {
  declare readonly signal: AbortSignal
  /** Own, so that callers can take it out of the limit that they get. */
  readonly remainingTime: () => number
  /** The only signal that ends it before its time is over. Reading its own signal would start the timer. */
  readonly early: AbortSignal | undefined
  readonly clock: Clock
  /** Made when the signal is first read: most deadlines of a request are only raced with. */
  controller: AbortController | undefined
  readonly waiting = new Set<(reason: unknown) => void>()
  /** Stops the timer; there is one while it is set. */
  stop: (() => void) | undefined
  /** Whether the timer goes on when nothing waits any more. */
  isKept = false
  isPassed = false
  /** Why it passed. */
  reason: unknown

  constructor(limit: OuterLimit, { reserve = 0, most = longestTimer, clock }: DeadlineOptions) {
    const time = clock ?? (isDeadline(limit) ? limit : endless).clock
    const startedAt = time.now()
    // Relative times only: a clock may count from any origin. The clock is not read in vain: each record of a batch asks.
    const own = () => (most < longestTimer ? most - (time.now() - startedAt) : most)
    this.remainingTime = () => Math.max(0, Math.min(limit.remainingTime() - reserve, own()))
    this.early = earlySignal(limit)
    this.clock = time
    Object.defineProperty(this, 'signal', signalOfItsOwn)
  }

  get expired(): boolean {
    return this.isPassed || !!this.early?.aborted || !(this.remainingTime() > 0)
  }

  race<Value>(work: Promise<Value>): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      const settle =
        <Result>(end: (result: Result) => void) =>
        (result: Result) => {
          cancel()
          end(result)
        }
      work.then(settle(resolve), settle(reject))
      // In a microtask, so that work that is already settled wins.
      const cancel = this.onPass(() => queueMicrotask(() => resolve(undefined)))
    })
  }

  onPass(callback: (reason: unknown) => void): () => void {
    if (this.isPassed) callback(this.reason)
    else {
      this.waiting.add(callback)
      this.watch()
    }
    return () => {
      this.waiting.delete(callback)
      if (this.waiting.size > 0 || this.isKept) return
      this.stop?.()
      this.stop = undefined
    }
  }

  end(): void {
    this.stop?.()
    this.stop = () => undefined
    this.isKept = true
  }

  /** Starts the timer, unless it runs. */
  watch(): void {
    if (this.stop || this.isPassed) return
    const { early } = this
    const left = this.remainingTime()
    // When the time is over, there is no reason.
    if (!(left > 0) || early?.aborted) {
      this.pass(early?.reason)
      return
    }
    const cancel = schedule(this.clock, () => this.pass(), Math.min(longestTimer, left))
    this.stop = cancel
    if (!early) return
    const onAbort = () => this.pass(early.reason)
    early.addEventListener('abort', onAbort)
    // Many batches may share an invocation, and Node warns of more than ten listeners.
    setMaxListeners(0, early)
    this.stop = () => {
      cancel()
      early.removeEventListener('abort', onAbort)
    }
  }

  pass(reason: unknown = new DOMException('The time is over.', 'TimeoutError')): void {
    this.stop?.()
    this.isPassed = true
    this.reason = reason
    this.controller?.abort(reason)
    for (const callback of this.waiting) callback(reason)
  }
}

/**
 * Never passes. It keeps the hidden class of deadlines alive: when no object has it, V8 drops it together with the code that
 * was compiled for it.
 */
const endless = new RunningDeadline({ remainingTime: () => longestTimer }, { clock: steadyClock })

/** Milliseconds that are left for work: the remaining time without the guard; 0 after an abort. */
export function workingTime(limit: TimeLimit): number {
  return earlySignal(limit)?.aborted ? 0 : Math.max(0, limit.remainingTime() - guardMs)
}

/**
 * Runs something under a deadline that passes after `ms` milliseconds, or with the outer limit. Then it rejects with the
 * reason of the signal, even if the work ignores the signal: an SDK client does so while it loads its credentials, and over
 * HTTP/2 when its connection is dead.
 */
export async function within<Result>(
  limit: TimeLimit,
  ms: number,
  run: (limit: TimeLimit) => Promise<Result>,
  clock?: Clock,
): Promise<Result> {
  const deadline = createDeadline(limit, { most: ms, clock })
  try {
    return await new Promise<Result>((resolve, reject) => {
      deadline.onPass(reject)
      Promise.resolve(run(deadline)).then(resolve, reject)
    })
  } finally {
    deadline.end()
  }
}
