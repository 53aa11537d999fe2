import {
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  LambdaClient,
  ListTagsCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import { SpillwayError, type TimeLimit, toError } from '@spillway/message'
import { checkOptions, nonEmptyString, type OptionRules, objectWith } from '@spillway/message/internal'
import type { EventSourceSwitch, Notes, SwitchReading } from '../switch.ts'
import { createIdLookup, type MappingName } from './find-mapping.ts'

/** What {@link lambdaEventSource} takes: `uuid`, or `eventSourceArn` and a function. */
export interface LambdaEventSourceOptions {
  /** The id of the event source mapping. */
  readonly uuid?: string | undefined
  /**
   * The name or the ARN of the function that the mapping invokes. Default: the current function
   * (`AWS_LAMBDA_FUNCTION_NAME`).
   */
  readonly functionName?: string | undefined
  /**
   * The ARN of the queue or the stream. Use it instead of `uuid` if a template cannot pass the id of its own mapping to
   * a function. The look-up needs `lambda:ListEventSourceMappings`.
   */
  readonly eventSourceArn?: string | undefined
  /**
   * Default: a client with the SDK's configuration and one attempt per request, because the breaker itself retries,
   * over a longer time.
   */
  readonly client?: Pick<LambdaClient, 'send'>
}

const rules: OptionRules<LambdaEventSourceOptions> = {
  uuid: { ...nonEmptyString(), required: false },
  functionName: { ...nonEmptyString(), required: false },
  eventSourceArn: { ...nonEmptyString(), required: false },
  client: { ...objectWith('send'), expected: 'a LambdaClient' },
}

/** The states in which no change is in progress ("EventSourceMappingConfiguration" of the Lambda API reference). */
const resting: Readonly<Record<string, SwitchReading['state']>> = { Enabled: 'enabled', Disabled: 'disabled' }

/**
 * The switch of an event source mapping of Lambda. The notes are tags of the mapping.
 *
 * Needs `lambda:GetEventSourceMapping`, `lambda:UpdateEventSourceMapping`, `lambda:ListTags` and `lambda:TagResource`.
 * A mapping whose state is changing is left alone. A change takes effect within a minute.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, or no mapping is given. Its methods reject
 * with `SPILLWAY_SWITCH_FAILED`.
 */
export function lambdaEventSource(options: LambdaEventSourceOptions): EventSourceSwitch {
  checkOptions('lambdaEventSource', options, rules)
  const client = options.client ?? new LambdaClient({ maxAttempts: 1 })
  const id = createIdLookup(client, toMappingName(options))
  /** The ARN of the mapping, which has the tags. It is known after the first reading. */
  let arn: string | undefined

  async function readMapping(limit: TimeLimit) {
    const command = new GetEventSourceMappingCommand({ UUID: await id(limit) })
    const mapping = await client.send(command, { abortSignal: limit.signal })
    arn = mapping.EventSourceMappingArn
    return mapping
  }

  const readTags = (limit: TimeLimit) =>
    client.send(new ListTagsCommand({ Resource: arn }), { abortSignal: limit.signal })

  return Object.freeze({
    read: (limit) =>
      orFailed('read', async () => {
        // At the first reading the ARN is not known yet, so the tags are read after the mapping.
        const [mapping, { Tags = {} }] =
          arn === undefined
            ? [await readMapping(limit), await readTags(limit)]
            : await Promise.all([readMapping(limit), readTags(limit)])
        return toReading(mapping, Tags)
      }),

    change: ({ enabled, maximumConcurrency }, limit) =>
      orFailed('changed', async () => {
        const command = new UpdateEventSourceMappingCommand({
          UUID: await id(limit),
          ...(enabled !== undefined && { Enabled: enabled }),
          ...(maximumConcurrency !== undefined && {
            // An empty object removes the maximum concurrency.
            ScalingConfig: maximumConcurrency === null ? {} : { MaximumConcurrency: maximumConcurrency },
          }),
        })
        await client.send(command, { abortSignal: limit.signal })
      }),

    note: (notes, limit) =>
      orFailed('tagged', async () => {
        if (arn === undefined) await readMapping(limit)
        const command = new TagResourceCommand({ Resource: arn, Tags: { ...notes } })
        await client.send(command, { abortSignal: limit.signal })
      }),
  } satisfies EventSourceSwitch)
}

function toMappingName(options: LambdaEventSourceOptions): MappingName {
  const { uuid, eventSourceArn, functionName = process.env.AWS_LAMBDA_FUNCTION_NAME } = options
  if (uuid === undefined && (eventSourceArn === undefined || functionName === undefined)) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      'lambdaEventSource: no mapping is given. Set `uuid`, or `eventSourceArn` and `functionName`.',
    )
  }
  return { uuid, eventSourceArn, functionName }
}

function toReading(mapping: EventSourceMappingConfiguration, notes: Notes): SwitchReading {
  return {
    state: resting[mapping.State ?? ''] ?? 'changing',
    maximumConcurrency: mapping.ScalingConfig?.MaximumConcurrency,
    limitable: isQueue(mapping.EventSourceArn) && mapping.ProvisionedPollerConfig === undefined,
    notes,
  }
}

function isQueue(arn: string | undefined): boolean {
  return arn?.split(':')[2] === 'sqs'
}

async function orFailed<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof SpillwayError) throw thrown
    const cause = toError(thrown)
    throw new SpillwayError(
      'SPILLWAY_SWITCH_FAILED',
      `The event source mapping could not be ${what} (${cause.name}). Check that the function has the permissions that lambdaEventSource needs.`,
      { cause },
    )
  }
}
