import type { EventSourceSwitch, SwitchChange, SwitchReading } from '../switch.ts'

/** A mapping in memory. */
export interface MemorySwitch extends EventSourceSwitch {
  /** As it is now; a test may put another in its place. */
  now: SwitchReading
  /** The changes that were made. */
  readonly changes: SwitchChange[]
  /** What the next call rejects with. */
  fault: Error | undefined
}

/** A mapping that is on, with a maximum concurrency of 20. */
export function memorySwitch(now: Partial<SwitchReading> = {}): MemorySwitch {
  const self: MemorySwitch = {
    now: { state: 'enabled', maximumConcurrency: 20, limitable: true, notes: {}, ...now },
    changes: [],
    fault: undefined,
    async read() {
      fail()
      return self.now
    },
    async change(change) {
      fail()
      self.changes.push(change)
      self.now = changed(self.now, change)
    },
    async note(notes) {
      fail()
      self.now = { ...self.now, notes: { ...self.now.notes, ...notes } }
    },
  }
  function fail(): void {
    const { fault } = self
    self.fault = undefined
    if (fault !== undefined) throw fault
  }
  return self
}

/** What a change makes of a mapping. */
export function changed(
  reading: SwitchReading,
  { enabled, maximumConcurrency }: SwitchChange,
): SwitchReading {
  return {
    ...reading,
    ...(enabled !== undefined && { state: enabled ? 'enabled' : 'disabled' }),
    ...(maximumConcurrency !== undefined && { maximumConcurrency: maximumConcurrency ?? undefined }),
  }
}
