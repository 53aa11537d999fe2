import type { MessageDefinition, StandardSchemaV1 } from '@spillway/message'
import { isText, type KnownMessages } from '@spillway/message/internal'
import type { Route } from './route.ts'

/** The messages of routes; with `otherwise` also all others, whose bodies are not validated. */
export function routedMessages(routes: readonly Route[], hasOtherwise: boolean): KnownMessages {
  const byName = new Map(routes.map(({ definition }) => [definition.name, definition]))
  const [first] = routes
  const other = hasOtherwise ? anything('', 1) : undefined
  const unknown = {
    code: 'SPILLWAY_MESSAGE_UNKNOWN',
    detail: 'The record holds a message for which this handler has no route.',
  }
  return {
    only: routes.length === 1 ? first?.definition : other,
    find(name, version) {
      const definition = byName.get(name)
      if (definition !== undefined || !hasOtherwise) return definition
      // The parked store keeps names of at most 128 characters, as definitions have them.
      return isText(name, 128) ? anything(name, version) : undefined
    },
    unknown,
    unknownForeign: unknown,
  }
}

const schema: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: 'spillway', validate: (value) => ({ value }) },
}

/** The definition of an unknown message: its schema takes any body. */
function anything(name: string, version: number): MessageDefinition {
  return { name, version, schema }
}
