/**
 * Runs what others wrote and nothing depends on: what it throws costs nothing. One that is asynchronous may reject, which
 * would end the process.
 *
 * @param complain gets what was thrown. What it throws itself is passed over: there is nowhere left to say it
 */
export function ignoreErrors<Result>(
  run: () => Result,
  complain: (thrown: unknown) => void,
): Result | undefined {
  const failed = (thrown: unknown) => {
    try {
      complain(thrown)
    } catch {
      // The console is closed.
    }
  }
  try {
    const result = run()
    if (result instanceof Promise) result.catch(failed)
    return result
  } catch (thrown) {
    failed(thrown)
    return undefined
  }
}
