import type { SQSMessageAttributes } from 'aws-lambda'
import { parkedAttributes } from './copy-facts.ts'
import { packedIn, packedName, unpackMessage } from './packed-message.ts'

/** A message in the form in which Lambda delivers it. */
export interface DeliveredMessage {
  readonly body: string
  readonly messageAttributes: SQSMessageAttributes
}

/**
 * The message that was parked, exactly as it was, out of its copy: without the facts that parking added, and unpacked
 * where there was no room for it beside them. A message that was never parked is answered as it is.
 *
 * To send it back, use {@link redriveMessage}, which marks it so that its key opens again.
 *
 * @param copy a record of an event; a message of the SDK by way of {@link deliveredMessage}
 * @throws SpillwayError `SPILLWAY_CLAIM_MISSING` when what was packed is damaged
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
