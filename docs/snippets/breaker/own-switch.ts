import { breaker, type EventSourceSwitch, type Notes, type SwitchReading } from '@spillway/breaker'

/** Any other consumer can be switched, too, for example one that reads a row before each poll. */
interface Settings {
  read(): Promise<{ paused: boolean; notes: Notes }>
  write(change: { paused?: boolean; notes?: Notes }): Promise<void>
}

export function settingsSwitch(settings: Settings): EventSourceSwitch {
  return {
    async read(): Promise<SwitchReading> {
      const { paused, notes } = await settings.read()
      return {
        state: paused ? 'disabled' : 'enabled',
        maximumConcurrency: undefined,
        limitable: false,
        notes,
      }
    },
    async change({ enabled }) {
      if (enabled !== undefined) await settings.write({ paused: !enabled })
    },
    note: (notes) => settings.write({ notes }),
  }
}

export const breakerOf = (settings: Settings) => breaker({ switch: settingsSwitch(settings) })
