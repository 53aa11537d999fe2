import type { Clock } from '@spillway/message/internal'

/** Delays a response until the environment is not frozen; it never arrives after the environment has ended. */
export function received<Value>(answer: Promise<Value>, clock: Clock): Promise<Value> {
  return new Promise((resolve, reject) => {
    answer.then(
      (value) => void clock.schedule?.(() => resolve(value), 0),
      (error: unknown) => void clock.schedule?.(() => reject(error), 0),
    )
  })
}

/** Resolves with a response that arrives in time, or with `undefined` when the time has passed. */
export async function inTime<Value>(
  work: Promise<Value>,
  clock: Clock,
  ms: number,
): Promise<Value | undefined> {
  let cancel: (() => void) | undefined
  // Without a signal: aborting one creates an error with a stack, for each statement.
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.schedule?.(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([received(work, clock), late])
  } finally {
    cancel?.()
  }
}
