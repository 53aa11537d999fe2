/** Passes on problems to `onProblem` and ignores its errors, because a listener must not stop the deliveries. */
export function createReport<Code>(
  onProblem: ((problem: { readonly code: Code; readonly message: string }) => void) | undefined,
): (code: Code, message: string) => void {
  return function report(code, message) {
    try {
      onProblem?.({ code, message })
    } catch {}
  }
}
