import type { EventSourceSwitch, SwitchChange, SwitchReading } from '../switch.ts'

/** A mapping in memory. */
export interface MemorySwitch extends EventSourceSwitch {
  /** The current state; a test may replace it. */
  now: SwitchReading
  /** The changes that were made. */
  readonly changes: SwitchChange[]
  /** The error with which the next call rejects. */
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

/** Applies a change to a mapping. */
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
