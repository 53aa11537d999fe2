import type { TimeLimit } from '@spillway/message'
import { createDeadline, guardMs } from '@spillway/transport'

/**
 * The groups with a message in flight whose call has given up. A later message of such a group has to wait, or it could
 * overtake that message.
 */
export interface ClosedGroups {
  /** Closes a group until a request has ended. */
  close(group: string, flight: Promise<void>): void
  /** Waits, within the limit, until all of these groups are open. */
  untilOpen(groups: readonly string[], limit: TimeLimit): Promise<void>
}

/** No group is closed. */
export function createClosedGroups(): ClosedGroups {
  const closed = new Map<string, Promise<void>>()
  return {
    close(group, flight) {
      const until = Promise.all([flight, closed.get(group)]).then(() => {
        if (closed.get(group) === until) closed.delete(group)
      })
      closed.set(group, until)
    },
    async untilOpen(groups, limit) {
      const waits = groups.flatMap((group) => closed.get(group) ?? [])
      if (waits.length === 0) return
      await createDeadline(limit, { reserve: guardMs }).race(Promise.all(waits))
    },
  }
}
