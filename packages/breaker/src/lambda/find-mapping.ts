import { type LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import { SpillwayError, type TimeLimit } from '@spillway/message'

/**
 * Finds the id of the event source mapping from a queue or stream to a function.
 *
 * @throws SpillwayError `SPILLWAY_SWITCH_FAILED` when there is none, or more than one
 */
async function findMapping(
  client: Pick<LambdaClient, 'send'>,
  functionName: string,
  eventSourceArn: string,
  limit: TimeLimit,
): Promise<string> {
  const command = new ListEventSourceMappingsCommand({
    FunctionName: functionName,
    EventSourceArn: eventSourceArn,
  })
  const { EventSourceMappings = [] } = await client.send(command, { abortSignal: limit.signal })
  const [mapping] = EventSourceMappings
  if (EventSourceMappings.length === 1 && mapping?.UUID !== undefined) return mapping.UUID
  throw new SpillwayError(
    'SPILLWAY_SWITCH_FAILED',
    `There are ${EventSourceMappings.length} event source mappings from ${eventSourceArn} to ${functionName} instead of one: set \`uuid\`.`,
  )
}

/** What identifies a mapping: its id, or the function and the event source that it connects. */
export interface MappingName {
  readonly uuid: string | undefined
  readonly functionName: string | undefined
  readonly eventSourceArn: string | undefined
}

/** Resolves with the id of a mapping. It looks the id up once and repeats a look-up that failed. */
export function createIdLookup(
  client: Pick<LambdaClient, 'send'>,
  { uuid, functionName, eventSourceArn }: MappingName,
): (limit: TimeLimit) => Promise<string> {
  let found: Promise<string> | undefined
  return function lookUp(limit) {
    if (uuid !== undefined) return Promise.resolve(uuid)
    found ??= findMapping(client, String(functionName), String(eventSourceArn), limit).catch((error) => {
      found = undefined
      throw error
    })
    return found
  }
}
