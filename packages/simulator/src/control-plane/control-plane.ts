import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  ListTagsCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import type { Clock } from '@spillway/message/internal'
import type { VirtualClock } from '../time/virtual-clock.ts'

/** The parameters of the control plane of Lambda. */
export interface ControlPlaneOptions {
  /** The duration of a request in milliseconds. Default 100. */
  readonly latency?: number
  /**
   * The requests per second of all callers; more are throttled. Default 15, which AWS documents for other control plane
   * APIs.
   */
  readonly rate?: number
  /** Seconds until a change takes effect. Default 10. */
  readonly propagation?: number
}

/** The mapping that the control plane changes. */
export interface Switched {
  set(change: { readonly enabled?: boolean; readonly maximumConcurrency?: number | undefined }): void
}

/** The requests to the control plane. */
export interface ControlPlaneUsage {
  readonly calls: number
  readonly throttled: number
  /** How often the mapping was switched off, and on. */
  readonly switchedOff: number
  readonly switchedOn: number
  /** When it was first switched off, in milliseconds since the epoch. */
  readonly firstOffAt: number | undefined
}

/** The control plane of Lambda with one event source mapping. */
export interface ControlPlane {
  /** Creates a client for one environment. */
  client(clock: Clock): Pick<LambdaClient, 'send'>
  readonly usage: ControlPlaneUsage
  readonly maximumConcurrency: number | undefined
  readonly state: string
}

/** The id of the mapping. */
export const mappingId = 'mapping'

const arn = 'arn:aws:lambda:us-east-1:000000000000:event-source-mapping:mapping'
const queueArn = 'arn:aws:sqs:us-east-1:000000000000:rows'

/**
 * The attempts of the client that `lambdaEventSource` creates. The SDK's default is 3, with this back-off in
 * milliseconds.
 */
const attempts: number = 1
const backoff = 100

/** Creates a control plane whose requests take time and are throttled. */
export function createControlPlane(
  options: ControlPlaneOptions,
  initial: number | undefined,
  mapping: Switched,
  clock: VirtualClock,
  random: () => number,
): ControlPlane {
  const { latency = 100, rate = 15, propagation = 10 } = options
  const usage = noUsage()
  let state = 'Enabled'
  let maximumConcurrency = initial
  const tags: Record<string, string> = {}
  const isThrottled = createThrottle(rate, clock)

  const describe = () => ({
    UUID: mappingId,
    EventSourceMappingArn: arn,
    EventSourceArn: queueArn,
    State: state,
    ...(maximumConcurrency !== undefined && { ScalingConfig: { MaximumConcurrency: maximumConcurrency } }),
    $metadata: {},
  })

  function update({ input }: UpdateEventSourceMappingCommand): void {
    if (state !== 'Enabled' && state !== 'Disabled') throw failure('ResourceInUseException', 400)
    const { Enabled, ScalingConfig } = input
    if (ScalingConfig !== undefined) maximumConcurrency = ScalingConfig.MaximumConcurrency
    const rests = Enabled === undefined ? state : Enabled ? 'Enabled' : 'Disabled'
    if (rests !== state && rests === 'Enabled') usage.switchedOn += 1
    if (rests !== state && rests === 'Disabled') {
      usage.switchedOff += 1
      usage.firstOffAt ??= clock.now()
    }
    state = rests === state ? 'Updating' : rests === 'Enabled' ? 'Enabling' : 'Disabling'
    clock.schedule(() => {
      state = rests
      mapping.set({ enabled: rests === 'Enabled', maximumConcurrency })
    }, propagation * 1000)
  }

  function perform(command: unknown): unknown {
    if (command instanceof GetEventSourceMappingCommand) return describe()
    if (command instanceof ListTagsCommand) return { Tags: { ...tags }, $metadata: {} }
    if (command instanceof TagResourceCommand) Object.assign(tags, command.input.Tags)
    else if (command instanceof UpdateEventSourceMappingCommand) update(command)
    else throw new Error('the simulator does not support this request')
    return { $metadata: {} }
  }

  return {
    usage,
    get maximumConcurrency() {
      return maximumConcurrency
    },
    get state() {
      return state
    },
    client: (own) => createClient({ own, usage, latency, random, isThrottled, perform }),
  }
}

function noUsage() {
  return {
    calls: 0,
    throttled: 0,
    switchedOff: 0,
    switchedOn: 0,
    firstOffAt: undefined as number | undefined,
  }
}

/** Creates a token bucket that decides whether a request is throttled. */
function createThrottle(rate: number, clock: VirtualClock): () => boolean {
  let tokens = rate
  let filledAt = clock.now()
  return function isThrottled() {
    tokens = Math.min(rate, tokens + ((clock.now() - filledAt) / 1000) * rate)
    filledAt = clock.now()
    if (tokens < 1) return true
    tokens -= 1
    return false
  }
}

interface ClientOptions {
  /** The clock of the environment. */
  readonly own: Clock
  readonly usage: { calls: number; throttled: number }
  readonly latency: number
  readonly random: () => number
  isThrottled(): boolean
  perform(command: unknown): unknown
}

function createClient(options: ClientOptions): Pick<LambdaClient, 'send'> {
  const { own, usage, latency, random, isThrottled, perform } = options
  async function send(command: unknown, sending?: { readonly abortSignal?: AbortSignal }): Promise<unknown> {
    const signal = sending?.abortSignal
    for (let attempt = 1; ; attempt++) {
      usage.calls += 1
      const throttled = isThrottled()
      if (throttled) usage.throttled += 1
      const answer = throttled ? undefined : perform(command)
      await own.sleep(latency, signal)
      if (signal?.aborted) throw failure('AbortError', 0)
      if (!throttled) return answer
      if (attempt === attempts) throw failure('TooManyRequestsException', 429)
      await own.sleep(random() * backoff * 2 ** (attempt - 1), signal)
    }
  }
  return { send: send as LambdaClient['send'] }
}

function failure(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } })
}
