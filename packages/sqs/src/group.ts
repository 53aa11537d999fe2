import type { PackedMessage } from './pack.ts'

/** The group within which a message stays in order. A message without a group is in order only with itself. */
export function groupOf({ message }: PackedMessage): string {
  return message.group === undefined ? `key ${message.key}` : `group ${message.group}`
}
