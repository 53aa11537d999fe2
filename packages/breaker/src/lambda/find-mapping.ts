import { type LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import { SpillwayError, type TimeLimit } from '@spillway/message'

/**
 * The id of the one mapping between a queue or a stream and a function.
 *
 * @throws SpillwayError `SPILLWAY_SWITCH_FAILED` when there is none, or more than one
 */
export async function findMapping(
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
    `There are ${EventSourceMappings.length} event source mappings from ${eventSourceArn} to ${functionName}, not one: give \`uuid\`.`,
  )
}
