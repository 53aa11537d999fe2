const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Resolves at the first signal that asks the process to stop. A second one ends it at once: the reaper then cleans up.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = () => {
      // A terminal's Ctrl-C reaches the process twice when a parent passes it on as well.
      if (asked && performance.now() - askedAt > 500) process.exit(130)
      if (asked) return
      asked = true
      askedAt = performance.now()
      resolve()
    }
    let askedAt = 0
    for (const signal of signals) process.on(signal, onSignal)
  })
}
