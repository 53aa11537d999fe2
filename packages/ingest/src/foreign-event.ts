import { SpillwayError } from '@spillway/message'
import { isObject } from '@spillway/message/internal'
import type { HttpEvent } from './http-event.ts'

/**
 * Whether an HTTP front door sends an event such as this: API Gateway (REST API, HTTP API with either payload), a
 * Function URL or a load balancer. A field that is null or absent does not make it foreign, as in API Gateway's own test
 * console; events for authorizers and of WebSocket APIs are no requests.
 */
export function isHttp(event: unknown): event is HttpEvent {
  if (!isObject(event) || 'methodArn' in event || 'routeArn' in event) return false
  const { version, httpMethod, requestContext } = event
  const context = isObject(requestContext) ? requestContext : {}
  if ('connectionId' in context) return false
  return (
    isObject(context.http) ||
    isObject(context.elb) ||
    typeof context.httpMethod === 'string' ||
    ((version === '1.0' || version === '2.0' || typeof httpMethod === 'string') &&
      parts.some((part) => part in event))
  )
}

/** Parts of a request of which each event has at least one. Destinations of Lambda get a `version` of 1.0, too. */
const parts = ['headers', 'multiValueHeaders', 'path', 'rawPath']

/**
 * Lets requests pass alone. Whatever a function answers is success to Lambda, which deletes the messages of a queue then:
 * an event that is no request has to be an error of the invocation.
 *
 * @param owner the middleware that asks
 * @throws SpillwayError `SPILLWAY_EVENT_FOREIGN`, which has no status, so that no middleware makes an answer of it.
 */
export function requireHttp(owner: string, event: unknown): asserts event is HttpEvent {
  if (isHttp(event)) return
  throw new SpillwayError(
    'SPILLWAY_EVENT_FOREIGN',
    `${owner}: this is no HTTP event${senderOf(event)}. API Gateway, a Function URL or a load balancer has to invoke this function; answer pings that keep it warm before the first middleware. A test makes its events with @spillway/ingest/testing.`,
  )
}

/** Who sent an event, where it says so: nothing else of it is told. */
function senderOf(event: unknown): string {
  const list: unknown = isObject(event) ? (Array.isArray(event) ? event : event.Records) : undefined
  const first: unknown = Array.isArray(list) ? list[0] : event
  if (!isObject(first)) return ''
  const sender = first.eventSource ?? first.EventSource ?? first.source
  return typeof sender === 'string' && /^aws[.:][\w-]{1,40}$/.test(sender) ? `, but one of ${sender}` : ''
}
