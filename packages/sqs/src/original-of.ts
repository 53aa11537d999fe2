import type { SQSMessageAttributes } from 'aws-lambda'
import { parkedAttributes } from './copy-facts.ts'
import { packedIn, packedName, unpackMessage } from './packed-message.ts'

/** A message in the form in which Lambda delivers it. */
export interface DeliveredMessage {
  readonly body: string
  readonly messageAttributes: SQSMessageAttributes
}

/**
 * Restores a parked message from its copy: removes the facts that parking added, and unpacks what was packed. A message
 * that was never parked is returned unchanged.
 *
 * To send it back, use {@link redriveMessage}, which marks it so that its key opens again.
 *
 * @param copy a record of an event, or a message of the SDK converted by {@link deliveredMessage}
 * @throws SpillwayError `SPILLWAY_CLAIM_MISSING` when the packed data is damaged
 */
export async function originalOf(copy: DeliveredMessage): Promise<DeliveredMessage> {
  const { body, messageAttributes } = copy
  const attribute = packedIn(messageAttributes)
  const facts: readonly string[] = [...Object.values(parkedAttributes), packedName]
  const beside = Object.fromEntries(
    Object.entries(messageAttributes).filter(([name]) => !facts.includes(name)),
  )
  if (attribute === undefined) return { body, messageAttributes: beside }
  const unpacked = await unpackMessage(attribute)
  return { body: unpacked.body ?? body, messageAttributes: { ...beside, ...unpacked.attributes } }
}
