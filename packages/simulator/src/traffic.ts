import { poisson } from './time/random.ts'
import type { VirtualClock } from './time/virtual-clock.ts'

/** The messages to send. */
export interface Traffic {
  /** Messages per second, as a Poisson process; or a function of the seconds since the start. */
  readonly rate: number | ((second: number) => number)
  /** How many groups the messages of a FIFO queue have. Default 100. */
  readonly groups?: number
}

/** What {@link send} takes. */
export interface TrafficWorld {
  readonly clock: VirtualClock
  readonly random: () => number
  send(group: string): void
  /** Called when messages were sent. */
  sent(): void
}

/** Milliseconds. */
const step = 250

/** Sends messages for `duration` seconds. */
export function send({ rate, groups = 100 }: Traffic, duration: number, world: TrafficWorld): void {
  const { clock, random } = world
  const start = clock.now()
  const tick = () => {
    const second = (clock.now() - start) / 1000
    if (second >= duration) return
    const perSecond = typeof rate === 'number' ? rate : rate(second)
    const count = poisson((perSecond * step) / 1000, random)
    for (let sent = 0; sent < count; sent++) world.send(`g${Math.floor(random() * groups)}`)
    if (count > 0) world.sent()
    clock.schedule(tick, step)
  }
  clock.schedule(tick, step)
}
