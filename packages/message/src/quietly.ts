/**
 * Runs what others wrote and nothing depends on: what it throws is passed over, there is nowhere to say it. One that is
 * asynchronous may reject, which would end the process.
 */
export function quietly<Result>(run: () => Result): Result | undefined {
  try {
    const result = run()
    if (result instanceof Promise) result.catch(() => undefined)
    return result
  } catch {
    return undefined
  }
}
