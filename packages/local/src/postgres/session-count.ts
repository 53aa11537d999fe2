/** Counts the sessions of one role and the rejected clients from the server's log. */
export interface SessionCount {
  /** Reads a line of the log; returns whether it is about a new, ended or rejected session. */
  read(line: string): boolean
  now(): number
  peak(): number
  resetPeak(): void
  /** How many clients of any role were rejected because no slot was free (SQLSTATE 53300). */
  refused(): number
  /** Clears the sessions, because the server has ended. The peak is kept. */
  clear(): void
}

// The entry may be anywhere in a line, because another process may be writing a longer entry.
const session = /\[(\d+):(\w+):\w+\] LOG: {2}(connection ready|disconnection):/

// The server may reject a client before it knows the role; the role is then `[unknown]`.
const refusal = /:53300\] FATAL:/

/**
 * Counts a session from "connection ready" to "disconnection". A client that is rejected because no slot is free is
 * logged as "connection authorized", but never as "connection ready".
 *
 * @param limit the most sessions that the server allows. It frees a slot before it logs the end of the session, so the
 * next session may be logged first, although both never exist at the same time.
 */
export function createSessionCount(role: string, limit: number): SessionCount {
  const pids = new Set<string>()
  let peak = 0
  let refused = 0
  const now = () => Math.min(pids.size, limit)
  return Object.freeze({
    read(line: string) {
      // After the crash of one backend the server ends all others and does not log their ends.
      if (line.includes('all server processes terminated; reinitializing')) pids.clear()
      if (refusal.test(line)) {
        refused++
        return true
      }
      const [, pid, user, event] = session.exec(line) ?? []
      if (pid === undefined) return false
      if (user !== role) return true
      if (event === 'disconnection') pids.delete(pid)
      else pids.add(pid)
      peak = Math.max(peak, now())
      return true
    },
    now,
    peak: () => peak,
    resetPeak() {
      peak = now()
    },
    refused: () => refused,
    clear: () => pids.clear(),
  })
}
