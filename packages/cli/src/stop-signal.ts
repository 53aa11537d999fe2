import { untilStopped } from './dev/until-stopped.ts'

let signal: AbortSignal | undefined

/**
 * Returns a signal that aborts when the process is first asked to stop, for example by Ctrl-C. A second request ends the
 * process. Every call returns the same signal.
 */
export function stopSignal(): AbortSignal {
  if (signal !== undefined) return signal
  const controller = new AbortController()
  void untilStopped().then(() => controller.abort())
  signal = controller.signal
  return signal
}
