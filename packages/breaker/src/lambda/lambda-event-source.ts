import {
  GetEventSourceMappingCommand,
  LambdaClient,
  ListTagsCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import { SpillwayError, type TimeLimit, toError } from '@spillway/message'
import { checkOptions, nonEmptyString, type OptionRules, objectWith } from '@spillway/message/internal'
import type { EventSourceSwitch, SwitchReading } from '../switch.ts'
import { findMapping } from './find-mapping.ts'

/** What {@link lambdaEventSource} takes: `uuid`, or `eventSourceArn` and a function. */
export interface LambdaEventSourceOptions {
  /** The id of the event source mapping. */
  readonly uuid?: string | undefined
  /**
   * The name or the ARN of the function that the mapping invokes. Default: the function that this runs in
   * (`AWS_LAMBDA_FUNCTION_NAME`).
   */
  readonly functionName?: string | undefined
  /**
   * The ARN of the queue or the stream. The mapping is then looked up, which needs `lambda:ListEventSourceMappings`: in
   * a template a function cannot refer to its own mapping.
   */
  readonly eventSourceArn?: string | undefined
  /**
   * Default: a client with the SDK's own configuration, except that it tries each request once: the breaker retries, over
   * a longer time.
   */
  readonly client?: Pick<LambdaClient, 'send'>
}

const rules: OptionRules<LambdaEventSourceOptions> = {
  uuid: { ...nonEmptyString(), required: false },
  functionName: { ...nonEmptyString(), required: false },
  eventSourceArn: { ...nonEmptyString(), required: false },
  client: { ...objectWith('send'), expected: 'a LambdaClient' },
}

/** The states in which a mapping rests ("EventSourceMappingConfiguration" of the Lambda API reference). */
const resting: Readonly<Record<string, SwitchReading['state']>> = { Enabled: 'enabled', Disabled: 'disabled' }

/**
 * The switch of an event source mapping of Lambda. The notes are tags of the mapping.
 *
 * Needs `lambda:GetEventSourceMapping`, `lambda:UpdateEventSourceMapping`, `lambda:ListTags` and `lambda:TagResource`.
 * A mapping that is between two states is not changed. A change takes effect within a minute.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, or the mapping is not named. Its methods
 * reject with `SPILLWAY_SWITCH_FAILED`.
 */
export function lambdaEventSource(options: LambdaEventSourceOptions): EventSourceSwitch {
  checkOptions('lambdaEventSource', options, rules)
  const { uuid, eventSourceArn, functionName = process.env.AWS_LAMBDA_FUNCTION_NAME } = options
  const client = options.client ?? new LambdaClient({ maxAttempts: 1 })
  if (uuid === undefined && (eventSourceArn === undefined || functionName === undefined)) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      'lambdaEventSource: the mapping is not named. Give it `uuid`, or `eventSourceArn` and `functionName`.',
    )
  }
  let found: Promise<string> | undefined
  /** Tags are those of an ARN. It comes with the mapping and stays the same. */
  let arn: string | undefined

  /** The id of the mapping. It is looked up once; a look-up that failed is repeated. */
  function id(limit: TimeLimit): Promise<string> {
    if (uuid !== undefined) return Promise.resolve(uuid)
    found ??= findMapping(client, String(functionName), String(eventSourceArn), limit).catch((error) => {
      found = undefined
      throw error
    })
    return found
  }

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
        // One after the other only the first time, when the ARN is not known.
        const [mapping, { Tags = {} }] =
          arn === undefined
            ? [await readMapping(limit), await readTags(limit)]
            : await Promise.all([readMapping(limit), readTags(limit)])
        return {
          state: resting[mapping.State ?? ''] ?? 'changing',
          maximumConcurrency: mapping.ScalingConfig?.MaximumConcurrency,
          limitable: isQueue(mapping.EventSourceArn) && mapping.ProvisionedPollerConfig === undefined,
          notes: Tags,
        }
      }),

    change: ({ enabled, maximumConcurrency }, limit) =>
      orFailed('changed', async () => {
        const command = new UpdateEventSourceMappingCommand({
          UUID: await id(limit),
          ...(enabled !== undefined && { Enabled: enabled }),
          ...(maximumConcurrency !== undefined && {
            // An empty object takes it away.
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
      `The event source mapping could not be ${what} (${cause.name}). May the function call the actions on it that lambdaEventSource needs?`,
      { cause },
    )
  }
}
