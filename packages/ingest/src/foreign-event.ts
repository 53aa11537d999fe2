import { SpillwayError } from '@spillway/message'
import { isObject } from '@spillway/message/internal'
import type { HttpEvent } from './http-event.ts'

/**
 * Whether an event is an HTTP request from API Gateway (REST API, HTTP API with either payload), a Function URL or a
 * load balancer. Fields may be null or absent, as in the test console of API Gateway. Events for authorizers and of
 * WebSocket APIs are not requests.
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

/** Each HTTP event has at least one of these. An event for a destination of Lambda has a `version` of 1.0 as well. */
const parts = ['headers', 'multiValueHeaders', 'path', 'rawPath']

/**
 * Throws for an event that is not an HTTP request. Lambda takes any answer for success, and deletes the messages if
 * they came from a queue. So the invocation has to fail.
 *
 * @param owner the middleware that checks
 * @throws SpillwayError `SPILLWAY_EVENT_FOREIGN`. It has no status, so that no middleware turns it into an answer.
 */
export function requireHttp(owner: string, event: unknown): asserts event is HttpEvent {
  if (isHttp(event)) return
  throw new SpillwayError(
    'SPILLWAY_EVENT_FOREIGN',
    `${owner}: this is not an HTTP event${senderOf(event)}. API Gateway, a Function URL or a load balancer has to invoke this function. Answer warm-up pings before the first middleware. Make test events with @spillway/ingest/testing.`,
  )
}

/** The service that sent an event, if the event names it. Nothing else of the event is shown. */
function senderOf(event: unknown): string {
  const list: unknown = isObject(event) ? (Array.isArray(event) ? event : event.Records) : undefined
  const first: unknown = Array.isArray(list) ? list[0] : event
  if (!isObject(first)) return ''
  const sender = first.eventSource ?? first.EventSource ?? first.source
  return typeof sender === 'string' && /^aws[.:][\w-]{1,40}$/.test(sender) ? `, but one of ${sender}` : ''
}
