import { setMaxListeners } from 'node:events'
import type { TimeLimit } from '@spillway/message'
import { type Clock, schedule, systemClock } from '@spillway/message/internal'

/** Milliseconds that have to be left for an answer to the caller. */
export const guardMs = 250

/** The clock of the machine, without the steps that setting it makes. */
const steadyClock: Clock = { ...systemClock, now: () => performance.now() }

/** The longest that a timer of Node runs. Milliseconds. */
const longestTimer = 2 ** 31 - 1

/**
 * A time limit that passes when its time is over, or when the limit aborts in which it lies.
 *
 * Its timer runs only while somebody waits for it or has its signal: work that keeps to `remainingTime` costs none.
 */
export interface Deadline extends TimeLimit {
  readonly expired: boolean
  /** What the work resolves to, or `undefined` when the deadline passes first. What is settled already counts. */
  race<Value>(work: Promise<Value>): Promise<Value | undefined>
  /**
   * Calls back once, when it passes; at once when it has.
   *
   * @returns cancels that
   */
  onPass(callback: (reason: unknown) => void): () => void
  /** Stops its timer for good. Call it when the work is done and somebody had the signal. */
  end(): void
}

/** The limit in which a deadline lies. */
export type OuterLimit = Pick<TimeLimit, 'remainingTime'> & { readonly signal?: AbortSignal | undefined }

/** What {@link createDeadline} takes. Milliseconds. */
export interface DeadlineOptions {
  /** How long before the end of the limit it passes. Default 0. */
  readonly reserve?: number | undefined
  /** After what time it passes at the latest. Default: as long as the limit lasts. */
  readonly most?: number
  /** Default: that of the limit, where it is a deadline; else the clock of the machine. */
  readonly clock?: Clock | undefined
}

/** Makes a deadline within a limit. */
export function createDeadline(limit: OuterLimit, options: DeadlineOptions = {}): Deadline {
  return new RunningDeadline(limit, options)
}

/** The signal that may end a limit before its time is over; `undefined` where none can. */
export function earlySignal(limit: OuterLimit): AbortSignal | undefined {
  return isDeadline(limit) ? limit.early : limit.signal
}

/** Not so for a copy of a deadline, which may have another signal. */
function isDeadline(limit: OuterLimit): limit is RunningDeadline {
  return limit instanceof RunningDeadline
}

/**
 * An own property, so that a copy of a deadline has a signal as well. The descriptor is shared: an accessor in an object
 * literal is a new function each time, with a new hidden class for its object.
 */
const signalOfItsOwn: PropertyDescriptor & ThisType<RunningDeadline> = {
  enumerable: true,
  get() {
    this.isKept = true
    this.watch()
    return this.controller.signal
  },
}

/** A class, because each request makes two: methods of a prototype cost less than closures. */
class RunningDeadline implements Deadline {
  declare readonly signal: AbortSignal
  /** Own, so that callers can take it out of the limit that they get. */
  readonly remainingTime: () => number
  /** The only signal that ends it before its time is over. To ask for its own would start its timer. */
  readonly early: AbortSignal | undefined
  readonly clock: Clock
  readonly controller = new AbortController()
  readonly waiting = new Set<(reason: unknown) => void>()
  /** Stops the timer; there is one while it is set. */
  stop: (() => void) | undefined
  /** Whether the timer is left alone when nobody waits any more. */
  isKept = false
  isPassed = false

  constructor(limit: OuterLimit, { reserve = 0, most = longestTimer, clock }: DeadlineOptions) {
    const time = clock ?? (isDeadline(limit) ? limit : endless).clock
    const startedAt = time.now()
    // By the time that has passed, not by the time of the end: a clock may count from anywhere.
    this.remainingTime = () =>
      Math.max(0, Math.min(limit.remainingTime() - reserve, most - (time.now() - startedAt)))
    this.early = earlySignal(limit)
    this.clock = time
    Object.defineProperty(this, 'signal', signalOfItsOwn)
  }

  get expired(): boolean {
    return this.isPassed || !!this.early?.aborted || !(this.remainingTime() > 0)
  }

  race<Value>(work: Promise<Value>): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      work.then(
        (value) => {
          cancel()
          resolve(value)
        },
        (thrown) => {
          cancel()
          reject(thrown)
        },
      )
      // In a microtask, so that work that is settled already goes first.
      const cancel = this.onPass(() => queueMicrotask(() => resolve(undefined)))
    })
  }

  onPass(callback: (reason: unknown) => void): () => void {
    if (this.isPassed) callback(this.controller.signal.reason)
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
    // Without a reason where the time is over.
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
    this.controller.abort(reason)
    for (const callback of this.waiting) callback(reason)
  }
}

/**
 * Never passes. V8 drops the hidden class that no object has, and the code that was compiled for it: this one keeps that of
 * all deadlines while there is no request.
 */
const endless = new RunningDeadline({ remainingTime: () => longestTimer }, { clock: steadyClock })

/** Milliseconds for which work may go on: what is left of the limit without the guard; 0 when it aborted. */
export function workingTime(limit: TimeLimit): number {
  return earlySignal(limit)?.aborted ? 0 : Math.max(0, limit.remainingTime() - guardMs)
}

/**
 * Runs something under a deadline that passes after `ms` milliseconds, or with the outer limit. Rejects then with the reason
 * of its signal, whether what runs heeds that or not: a client that looks for its credentials does not, nor over HTTP/2
 * one whose connection is dead.
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
