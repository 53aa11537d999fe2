import { type Decoding, notMine, refuse } from '@spillway/message'
import { fieldsOf, notJson, parseJson, timeOf, toKey } from '@spillway/message/internal'

/**
 * Decodes events of EventBridge: the body is the `detail`, the key the `id`, the name the `detail-type`, the time the
 * `time`. Use `named` if the definition has another name than the `detail-type`.
 *
 * A rule with an input transformer sends other JSON: decode it with `plainJson`.
 *
 * Source: Amazon EventBridge User Guide, "AWS service event metadata" (Events and event patterns).
 */
export function eventBridgeEvent(): Decoding {
  return decodeEventBridgeEvent
}

const decodeEventBridgeEvent: Decoding = (text) => {
  const value = parseJson(text)
  const event = value === notJson ? undefined : fieldsOf(value)
  const name = event?.['detail-type']
  if (event === undefined || typeof name !== 'string' || typeof event.source !== 'string') {
    return notMine('an EventBridge event')
  }
  const { id, time, detail } = event
  if (typeof id !== 'string' || id === '' || !Object.hasOwn(event, 'detail')) {
    return refuse('The record holds an EventBridge event without an `id` or a `detail`.')
  }
  return { body: detail, key: toKey(id), name, time: timeOf(time) }
}
