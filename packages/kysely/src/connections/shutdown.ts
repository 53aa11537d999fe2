/** A pool that closes its connections when the process ends. */
export interface Retirable {
  /** Closes unused connections, and from now on each connection as soon as its use ends. */
  retire(): Promise<void>
}

const retirables = new Set<Retirable>()

/** Milliseconds to wait for connections to close, in a process that would otherwise have ended at once. */
const patience = 400

/**
 * Retires a pool when this process gets SIGTERM: Lambda sends it to an environment with an extension, a container's
 * host always does. The server then has the connections free at once.
 *
 * One listener serves all pools. Running statements are not interrupted: the process's own listeners decide when the
 * process ends. Without other listeners, the signal ends the process as if nobody had listened.
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
  const nobodyElse = process.listenerCount('SIGTERM') === 1
  // A goodbye never rejects: see `closeUnused`.
  const goodbyes = Promise.allSettled([...retirables].map((pool) => pool.retire()))
  if (!nobodyElse) return
  await Promise.race([goodbyes, new Promise((resolve) => setTimeout(resolve, patience))])
  process.off('SIGTERM', onSigterm)
  process.kill(process.pid, 'SIGTERM')
}
