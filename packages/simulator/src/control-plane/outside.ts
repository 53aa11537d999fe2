import { createFunctions, type EnvironmentFacts, type Functions } from '../functions/functions.ts'
import { breakerOf } from '../handlers/write-rows.ts'
import type { Environment } from '../simulate.ts'
import type { VirtualClock } from '../time/virtual-clock.ts'

/** The parameters of a CloudWatch alarm on the function's metric `Errors`, which invokes `open` of the breaker. */
export interface AlarmOptions {
  /** Seconds. Default 60. */
  readonly period?: number
  /** How many periods in a row must reach the threshold. Default 2. */
  readonly evaluationPeriods?: number
  /** The number of errors at which a period reaches the threshold. Default 5. */
  readonly threshold?: number
  /** Seconds from the end of a period until the alarm sees its errors. Default 30. */
  readonly delay?: number
}

/** The parts that functions other than the writer need. */
export interface OutsideWorld {
  readonly clock: VirtualClock
  readonly seed: number
  toEnvironment(facts: EnvironmentFacts): Environment
}

/** Milliseconds. */
const probeEvery = 60_000
/** Seconds. */
const ownTimeout = 30

/** Invokes the probe of the breaker once a minute. */
export function startProbes({ clock, seed, toEnvironment }: OutsideWorld): void {
  const probes = createFunctions({ timeout: ownTimeout }, clock, seed + 1, (environment) => {
    const probe = breakerOf(toEnvironment(environment))?.probe
    return async (event, context) => probe?.(event, context)
  })
  every(clock, probeEvery, () => void probes.invoke({}))
}

/**
 * Invokes `open` of the breaker when an alarm on the errors of the function is raised. A failed invocation is retried
 * with the same event, as Lambda does for asynchronous invocations.
 *
 * Source: Amazon CloudWatch User Guide, "Using Amazon CloudWatch alarms": an action runs when the state changes.
 */
export function startAlarm(options: AlarmOptions, { usage }: Functions, world: OutsideWorld): void {
  const { period = 60, evaluationPeriods = 2, threshold = 5, delay = 30 } = options
  const { clock, seed, toEnvironment } = world
  const opens = createFunctions({ timeout: ownTimeout }, clock, seed + 2, (environment) => {
    const open = breakerOf(toEnvironment(environment))?.open
    return async (event, context) => open?.(event, context)
  })
  let before = 0
  let inARow = 0
  every(clock, period * 1000, () => {
    const total = usage.errors + usage.timeouts
    inARow = total - before >= threshold ? inARow + 1 : 0
    before = total
    if (inARow === evaluationPeriods) clock.schedule(() => void notify(opens, clock), delay * 1000)
  })
}

const alarmEvent = {
  source: 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  detail: { state: { value: 'ALARM' } },
}

/** How long Lambda waits before the two retries of an asynchronous invocation. Milliseconds. */
const retryAfter = [60_000, 120_000] as const

async function notify(opens: Functions, clock: VirtualClock): Promise<void> {
  for (const ms of [...retryAfter, 0]) {
    if ((await opens.invoke(alarmEvent)).kind === 'answer') return
    await clock.sleep(ms)
  }
}

function every(clock: VirtualClock, ms: number, run: () => void): void {
  const tick = () => {
    run()
    clock.schedule(tick, ms)
  }
  clock.schedule(tick, ms)
}
