import { untilStopped } from './dev/until-stopped.ts'

let signal: AbortSignal | undefined

/**
 * Aborts at the first signal that asks the process to stop, at Ctrl-C for example. A second one ends the process. There is
 * one for the process, however often it is asked for.
 */
export function stopSignal(): AbortSignal {
  if (signal !== undefined) return signal
  const controller = new AbortController()
  void untilStopped().then(() => controller.abort())
  signal = controller.signal
  return signal
}
