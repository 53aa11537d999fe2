/** A pool that closes its connections when the process ends. */
export interface Retirable {
  /** Closes unused connections, and from now on each connection as soon as its use ends. */
  retire(): Promise<void>
}

const retirables = new Set<Retirable>()

/** Milliseconds to wait for connections to close, in a process that the signal would otherwise have ended at once. */
const waitMillis = 400

/**
 * Retires a pool when this process gets SIGTERM, so that the server can reuse the connections at once. Lambda sends
 * SIGTERM to an environment with an extension; container hosts always send it.
 *
 * One listener serves all pools. Running statements are not interrupted: the process's own listeners decide when the
 * process ends. Without other listeners, the signal ends the process as it does by default.
 *
 * Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle", shutdown phase.
 *
 * @returns a function that removes the pool
 */
export function retireOnShutdown(pool: Retirable): () => void {
  if (retirables.size === 0) process.on('SIGTERM', onSigterm)
  retirables.add(pool)
  return () => {
    if (retirables.delete(pool) && retirables.size === 0) process.off('SIGTERM', onSigterm)
  }
}

async function onSigterm(): Promise<void> {
  const isOnlyListener = process.listenerCount('SIGTERM') === 1
  // `closeUnused` never rejects.
  const closings = Promise.allSettled([...retirables].map((pool) => pool.retire()))
  if (!isOnlyListener) return
  await Promise.race([closings, new Promise((resolve) => setTimeout(resolve, waitMillis))])
  process.off('SIGTERM', onSigterm)
  process.kill(process.pid, 'SIGTERM')
}
