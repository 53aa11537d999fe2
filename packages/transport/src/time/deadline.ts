import type { TimeLimit } from '@spillway/message'
import { type Clock, schedule, systemClock } from '@spillway/message/internal'
import { onAbort } from './on-abort.ts'

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
  readonly reserve?: number
  /** After what time it passes at the latest. Default: as long as the limit lasts. */
  readonly most?: number
  /** Default: that of the limit, where it is a deadline; else the clock of the machine. */
  readonly clock?: Clock | undefined
}

/** What a deadline was made with. */
interface Origin {
  readonly limit: OuterLimit
  /** The only signal that ends it before its time is over: to ask for its own would start its timer. */
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
}

const origin = Symbol('spillway.origin')

/** `undefined` for any other limit, and for a copy of a deadline, which may have another signal. */
function originOf(limit: OuterLimit & { readonly [origin]?: Origin }): Origin | undefined {
  const found = limit[origin]
  return found?.limit === limit ? found : undefined
}

/** The signal that may end a limit before its time is over; `undefined` where none can. */
export function earlySignal(limit: OuterLimit): AbortSignal | undefined {
  const made = originOf(limit)
  return made === undefined ? limit.signal : made.signal
}

/** Makes a deadline within a limit. */
export function createDeadline(limit: OuterLimit, options: DeadlineOptions = {}): Deadline {
  const { reserve = 0, most = Number.POSITIVE_INFINITY } = options
  const clock = options.clock ?? originOf(limit)?.clock ?? steadyClock
  const startedAt = most === Number.POSITIVE_INFINITY ? 0 : clock.now()
  const early = earlySignal(limit)
  const waiting = new Set<(reason: unknown) => void>()
  let controller: AbortController | undefined
  let stopWatching: (() => void) | undefined
  let state: 'open' | 'passed' | 'ended' = 'open'
  let why: unknown

  function remainingTime(): number {
    const left = limit.remainingTime() - reserve
    if (most === Number.POSITIVE_INFINITY) return Math.max(0, left)
    // The time that has passed, not the time of the end: a clock may count from anywhere.
    return Math.max(0, Math.min(left, most - (clock.now() - startedAt)))
  }

  function pass(reason: unknown): void {
    state = 'passed'
    why = reason
    unwatch()
    controller?.abort(reason)
    for (const callback of waiting) callback(reason)
    waiting.clear()
  }

  function watch(): void {
    if (stopWatching !== undefined || state !== 'open') return
    const left = remainingTime()
    if (early?.aborted) pass(early.reason)
    else if (!(left > 0)) pass(timeOver())
    if (state !== 'open') return
    const stopTimer = schedule(clock, () => pass(timeOver()), Math.min(longestTimer, left))
    const stopListening = early && onAbort(early, () => pass(early.reason))
    stopWatching = () => {
      stopTimer()
      stopListening?.()
    }
  }

  function unwatch(): void {
    stopWatching?.()
    stopWatching = undefined
  }

  function onPass(callback: (reason: unknown) => void): () => void {
    watch()
    if (state === 'passed') {
      callback(why)
      return () => undefined
    }
    waiting.add(callback)
    return () => {
      if (waiting.delete(callback) && waiting.size === 0 && controller === undefined) unwatch()
    }
  }

  const deadline: Deadline & { [origin]?: Origin } = {
    get signal() {
      if (controller === undefined) {
        controller = new AbortController()
        watch()
        if (state === 'passed') controller.abort(why)
      }
      return controller.signal
    },
    remainingTime,
    get expired() {
      return state === 'passed' || early?.aborted === true || !(remainingTime() > 0)
    },
    onPass,
    race: (work) => raceWith(work, onPass),
    end() {
      unwatch()
      if (state === 'open') state = 'ended'
    },
  }
  deadline[origin] = { limit: deadline, signal: early, clock }
  return deadline
}

function raceWith<Value>(work: Promise<Value>, onPass: Deadline['onPass']): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    let cancel = () => {}
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
    cancel = onPass(() => queueMicrotask(() => resolve(undefined)))
  })
}

const timeOver = () => new DOMException('The time is over.', 'TimeoutError')

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
