const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Resolves when the process is first asked to stop. A second request ends the process at once; the reaper then cleans
 * up.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = () => {
      // Ctrl-C arrives twice when a parent process passes the terminal's signal on, too.
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
