/** Something with connections that a process which ends should close. */
export interface Retirable {
  /** Closes connections that nobody uses, and from now on each one as soon as its use ends. */
  retire(): Promise<void>
}

const retirables = new Set<Retirable>()

/** Milliseconds that a process which would have ended at once waits for its goodbyes. */
const patience = 400

/**
 * Has a pool retire when this process is told to end: Lambda sends SIGTERM to an environment with an extension, a
 * container's host always. A server that is told at once counts the connections as free at once.
 *
 * One listener serves all pools. Statements that run are not disturbed: it is for the process's own listeners to end
 * them and the process. Where there are no others, the signal ends the process as if nobody had listened.
 *
 * Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle", shutdown phase.
 *
 * @returns what forgets the pool
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
