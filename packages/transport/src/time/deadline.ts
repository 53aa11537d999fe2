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

/** What is behind a deadline. */
interface Origin {
  /** The only signal that ends it before its time is over: to ask for its own would start its timer. */
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
  /** Its own signal. */
  own(): AbortSignal
  /** Whether it has passed. */
  over(): boolean
}

/** Not enumerable: a copy of a deadline may have another signal. */
const origin = Symbol()

interface Marked extends OuterLimit {
  readonly [origin]?: Origin
}

/**
 * Accessors that all deadlines share. In an object literal they would be functions of each object, and the hidden class
 * that this makes for each costs more, to make and to collect, than the rest of a deadline. A copy has them, too.
 */
const accessors = { signal: accessor('own'), expired: accessor('over') }

function accessor(name: 'own' | 'over') {
  return {
    enumerable: true,
    get(this: Marked) {
      return this[origin]?.[name]()
    },
  }
}

/** The signal that may end a limit before its time is over; `undefined` where none can. */
export const earlySignal = (limit: Marked): AbortSignal | undefined => (limit[origin] ?? limit).signal

/** Makes a deadline within a limit. */
export function createDeadline(
  limit: Marked,
  { reserve = 0, most = longestTimer, clock = limit[origin]?.clock ?? steadyClock }: DeadlineOptions = {},
): Deadline {
  const startedAt = clock.now()
  const early = earlySignal(limit)
  const waiting = new Set<(reason: unknown) => void>()
  const controller = new AbortController()
  /** Whether the timer is left alone when nobody waits any more. */
  let isKept = false
  let isPassed = false
  /** Stops the timer; there is one while it is set. */
  let stop: (() => void) | undefined

  // By the time that has passed, not by the time of the end: a clock may count from anywhere.
  const remainingTime = () =>
    Math.max(0, Math.min(limit.remainingTime() - reserve, most - (clock.now() - startedAt)))

  const onAbort = () => pass(early?.reason)

  function pass(reason: unknown = new DOMException('The time is over.', 'TimeoutError')): void {
    stop?.()
    isPassed = true
    controller.abort(reason)
    for (const callback of waiting) callback(reason)
  }

  const isOver = () => isPassed || !!early?.aborted || !(remainingTime() > 0)

  function watch(): void {
    if (stop || isPassed) return
    // Without a reason where the time is over.
    if (isOver()) onAbort()
    else {
      const cancel = schedule(clock, pass, Math.min(longestTimer, remainingTime()))
      if (early) {
        early.addEventListener('abort', onAbort)
        // Many batches may share an invocation, and Node warns of more than ten listeners.
        setMaxListeners(0, early)
      }
      stop = () => {
        cancel()
        early?.removeEventListener('abort', onAbort)
      }
    }
  }

  function onPass(callback: (reason: unknown) => void): () => void {
    if (isPassed) callback(controller.signal.reason)
    else {
      waiting.add(callback)
      watch()
    }
    return () => {
      waiting.delete(callback)
      if (waiting.size > 0 || isKept) return
      stop?.()
      stop = undefined
    }
  }

  const deadline: Omit<Deadline, 'signal' | 'expired'> = {
    remainingTime,
    onPass,
    race: (work) =>
      new Promise((resolve, reject) => {
        work.then(resolve, reject)
        // In a microtask, so that work that is settled already goes first.
        const cancel = onPass(() => queueMicrotask(() => resolve(undefined)))
        work.then(cancel, cancel)
      }),
    end() {
      stop?.()
      stop = () => undefined
      isKept = true
    },
  }
  const value: Origin = {
    signal: early,
    clock,
    own() {
      isKept = true
      watch()
      return controller.signal
    },
    over: isOver,
  }
  Object.defineProperty(deadline, origin, { value })
  return Object.defineProperties(deadline, accessors) as Deadline
}

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
