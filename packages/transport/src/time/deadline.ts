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

/** What a deadline was made with. */
interface Origin {
  readonly limit: OuterLimit
  /** The only signal that ends it before its time is over: to ask for its own would start its timer. */
  readonly signal?: AbortSignal | undefined
  readonly clock?: Clock
}

const origin = Symbol()

/** For any other limit, and for a copy of a deadline, which may have another signal, the limit itself. */
function originOf(limit: OuterLimit & { readonly [origin]?: Origin }): Omit<Origin, 'limit'> {
  const found = limit[origin]
  return found?.limit === limit ? found : limit
}

/** The signal that may end a limit before its time is over; `undefined` where none can. */
export const earlySignal = (limit: OuterLimit): AbortSignal | undefined => originOf(limit).signal

/** Makes a deadline within a limit. */
export function createDeadline(
  limit: OuterLimit,
  { reserve = 0, most = longestTimer, clock = originOf(limit).clock ?? steadyClock }: DeadlineOptions = {},
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

  function watch(): void {
    if (stop || isPassed) return
    const left = remainingTime()
    if (early?.aborted) onAbort()
    else if (!(left > 0)) pass()
    else {
      const cancel = schedule(clock, pass, Math.min(longestTimer, left))
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

  const deadline: Deadline & { [origin]?: Origin } = {
    remainingTime,
    onPass,
    get signal() {
      isKept = true
      watch()
      return controller.signal
    },
    get expired() {
      return isPassed || !!early?.aborted || !(remainingTime() > 0)
    },
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
  deadline[origin] = { limit: deadline, signal: early, clock }
  return deadline
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
