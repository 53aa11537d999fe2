/**
 * Calls user code and ignores its errors. If it is asynchronous, a rejection is ignored as well, which would end the
 * process.
 *
 * @param complain gets what was thrown. Its own errors are ignored
 */
export function ignoreErrors<Result>(
  run: () => Result,
  complain: (thrown: unknown) => void,
): Result | undefined {
  const failed = (thrown: unknown) => {
    try {
      complain(thrown)
    } catch {
      // The console may be closed.
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
