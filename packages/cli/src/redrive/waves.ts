import { parkedAttributes as streamAttributes } from '@spillway/kinesis/sqs'
import type { ParkedCopy } from '../parked/read-copy.ts'

/** A copy and its group; `undefined` when order does not matter. */
export interface InGroup {
  readonly copy: ParkedCopy
  readonly group: string | undefined
}

/**
 * Splits copies into waves of at most `most`, to be sent one after the other. When order matters, a wave has no two copies
 * of a group: if the first failed, the second would overtake it.
 */
export function wavesOf(
  copies: readonly ParkedCopy[],
  most: number,
  ordered: boolean,
): readonly (readonly InGroup[])[] {
  const waves: InGroup[][] = []
  for (const copy of copies) {
    const group = ordered ? groupOf(copy) : undefined
    const last = waves.at(-1)
    const isFull = last === undefined || last.length >= most
    if (isFull || (group !== undefined && last.some((other) => other.group === group))) {
      waves.push([{ copy, group }])
    } else {
      last.push({ copy, group })
    }
  }
  return waves
}

function groupOf({ message }: ParkedCopy): string | undefined {
  const partitionKey = message.MessageAttributes?.[streamAttributes.partitionKey]?.StringValue
  return message.Attributes?.MessageGroupId ?? partitionKey
}
