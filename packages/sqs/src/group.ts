import type { PackedMessage } from './pack.ts'

/** What a message has to stay in order with. One without a group is in order only with itself. */
export function groupOf({ message }: PackedMessage): string {
  return message.group === undefined ? `key ${message.key}` : `group ${message.group}`
}
