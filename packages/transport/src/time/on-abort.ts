/** What waits for a signal. */
const waitings = new WeakMap<AbortSignal, Waiting>()

interface Waiting {
  readonly callbacks: Set<() => void>
  readonly listen: () => void
}

/**
 * Calls back when a signal aborts. All that wait for a signal share one listener: many batches may share an invocation,
 * and Node warns of more than ten listeners.
 *
 * @returns cancels that
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, listen } = waitings.get(signal) ?? startWaiting(signal)
  callbacks.add(callback)
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return
    signal.removeEventListener('abort', listen)
    waitings.delete(signal)
  }
}

function startWaiting(signal: AbortSignal): Waiting {
  const callbacks = new Set<() => void>()
  const listen = () => {
    for (const callback of callbacks) callback()
  }
  const waiting = { callbacks, listen }
  waitings.set(signal, waiting)
  signal.addEventListener('abort', listen, { once: true })
  return waiting
}
