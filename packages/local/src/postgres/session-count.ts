/** Counts the sessions of one role, and the clients that were refused, from the server's log. */
export interface SessionCount {
  /** Takes a line of the log; whether it was about a session coming, going or refused. */
  read(line: string): boolean
  now(): number
  peak(): number
  resetPeak(): void
  /** How many clients, of any role, were refused for want of a slot: SQLSTATE 53300. */
  refused(): number
  /** The server is gone, and its sessions with it. The peak stays. */
  clear(): void
}

// Anywhere in a line: it may follow the first part of a longer entry that another process was writing.
const session = /\[(\d+):(\w+):\w+\] LOG: {2}(connection ready|disconnection):/

// The server may refuse before it knows the role, which is `[unknown]` then.
const refusal = /:53300\] FATAL:/

/**
 * Counts from "connection ready", which a session that is refused for want of a slot never reaches ("connection
 * authorized" comes too early), to "disconnection".
 *
 * @param limit the most that the server admits. It frees a slot just before it logs the end of the old session, so
 * that the next session can be logged first; both never hold it together.
 */
export function createSessionCount(role: string, limit: number): SessionCount {
  const pids = new Set<string>()
  let peak = 0
  let refused = 0
  const now = () => Math.min(pids.size, limit)
  return Object.freeze({
    read(line: string) {
      // After a crash of one backend the server ends all of them without a word about each.
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
