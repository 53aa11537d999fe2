import type { MiddlewareObj } from '@middy/core'
import type { EncodedMessage, ErrorCode, MessageDefinition } from '@spillway/message'
import { rememberRequests } from './begun-request.ts'
import { requireHttp } from './foreign-event.ts'
import { HttpError, type ItemAnswer } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { type HttpResponse, respond } from './http-response.ts'
import { issueRoom } from './issue-list.ts'
import { requireUnsafeMethod } from './method.ts'
import { checkEnqueueMany, type EnqueueManyOptions } from './options.ts'
import { type ReturnedBody, readBodies } from './returned-body.ts'
import { guardMs, send } from './send.ts'
import { keepUnparsed } from './source-text.ts'
import { toStatusUrl } from './status-url.ts'
import { idOf, keyReader, type RequestFacts, readFacts, toMessage } from './to-message.ts'
import { shortestWait, toClientError } from './unconfirmed.ts'
import type { RejectedItem } from './validated.ts'

/**
 * Sends each body of the list that the handler returns as a message, and answers what became of each.
 *
 * The handler returns `event.valid.bodies` of `validate({ bodies })`, some of them, or a list of its own.
 *
 * | answer | when |
 * |---|---|
 * | 202 | the queue confirmed every item |
 * | 207 | it confirmed some: each item of `items` has a `status` of its own, as a request of its own would have |
 * | 422 | there was nothing to send: every item is invalid (413 where all are too large) |
 * | 503 | it confirmed none; with `Retry-After`, and `items` in the problem |
 * | 200 | the list was empty |
 *
 * An item's `status` is 202 only when the queue confirmed that very item. Messages without a key of their own get that
 * of the `Idempotency-Key` header with `/` and their place (`/own/` and a number for a body of the handler's), so that a
 * request that is repeated makes no second effect.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function enqueueMany<Definition extends MessageDefinition>(
  definition: Definition,
  options: EnqueueManyOptions<Definition>,
): MiddlewareObj<HttpEvent, HttpResponse> {
  const { to, statusUrl, telemetry, clock, logger, storable, ...choices } = checkEnqueueMany(
    definition,
    options,
  )
  const requestOf = rememberRequests(clock, keyReader(definition))
  const attributes = { message: definition.name }

  /** A message for each body that makes one, and an answer for each that makes none. */
  function prepare(bodies: readonly ReturnedBody<Definition>[], facts: RequestFacts, event: HttpEvent) {
    const ready: ReadyItem[] = []
    const refused: ItemAnswer[] = []
    let own = 0
    for (const body of bodies) {
      const place = body.index === undefined ? {} : { index: body.index }
      const name = body.index === undefined ? `own/${own++}` : String(body.index)
      try {
        const message = toMessage(definition, body, facts, choices, name)
        const url = toStatusUrl(statusUrl, message.key, event)
        const accepted = {
          ...place,
          status: 202,
          id: message.key,
          ...(url !== undefined && { statusUrl: url }),
        }
        ready.push({ message, place, accepted })
      } catch (thrown) {
        if (!(thrown instanceof HttpError)) throw thrown
        const id = idOf(definition, body.output, facts, name)
        const refusal = { status: thrown.statusCode, code: thrown.code, detail: thrown.message }
        refused.push({ ...place, ...refusal, ...(id !== undefined && { id }) })
      }
    }
    return { ready, refused }
  }

  function count(items: readonly ItemAnswer[], accepted: readonly ReadyItem[], elapsed: number): void {
    const bytes = accepted.reduce((sum, { message: { body } }) => sum + Buffer.byteLength(body), 0)
    telemetry.count('spillway.ingest.accepted', accepted.length, attributes)
    telemetry.count('spillway.ingest.bytes', bytes, attributes)
    telemetry.duration('spillway.ingest.duration', elapsed, attributes)
    for (const { code = '', status } of items) {
      if (status !== 202) telemetry.count('spillway.ingest.rejected', 1, { code, status })
    }
  }

  return {
    before: function enqueueManyBefore(request) {
      const event: HttpEvent = request.event
      requireHttp('enqueueMany', event)
      requireUnsafeMethod(event)
      keepUnparsed(event)
      requestOf(request)
    },
    after: async function enqueueManyAfter(request) {
      const { event, context } = request
      const begun = requestOf(request)
      const { bodies, rejected } = await readBodies(definition, event, request.response, storable)
      const facts = readFacts(event, begun.idempotencyKey, choices, telemetry, new Date(clock.now()))
      const { ready, refused } = prepare(bodies, facts, event)
      const sending = await send(
        to,
        ready.map(({ message }) => message),
        begun.deadline(guardMs),
      )
      const { results } = sending
      const sent = ready.map(({ message, place, accepted }, position): ItemAnswer => {
        const result = results[position]
        return result?.status === 'accepted'
          ? accepted
          : { ...place, id: message.key, ...toClientError(result) }
      })
      const items = inOrder([...toAnswers(rejected), ...refused, ...sent])
      const accepted = ready.filter((_, position) => sent[position]?.status === 202)
      const unconfirmed = sent.filter(({ status }) => status === 503).length
      const retryAfter = shortestWait(ready.map((_, position) => results[position]))
      const [broken] = rejected.flatMap((item) => item.cause ?? [])
      if (accepted.length === 0 && items.length > 0) {
        throw noneAccepted(items, unconfirmed > 0 ? sending.cause : broken, retryAfter)
      }
      count(items, accepted, begun.elapsed())
      const failed = unconfirmed > 0 ? sending.cause : broken
      if (failed !== undefined) {
        const lost = items.filter(({ status }) => status >= 500).length
        logger.warn(`spillway: ${lost} of ${items.length} items were not accepted`, {
          name: definition.name,
          requestId: context.awsRequestId,
          error: failed,
        })
      }
      request.response = respond(
        event,
        items.length === 0 ? 200 : accepted.length === items.length ? 202 : 207,
        {
          'content-type': 'application/json',
          ...(unconfirmed > 0 && { 'retry-after': String(retryAfter) }),
        },
        { accepted: accepted.length, rejected: items.length - accepted.length, items },
      )
    },
  }
}

/** A message that is ready to be sent, and its answer should it be accepted. */
interface ReadyItem {
  readonly message: EncodedMessage
  readonly place: { readonly index?: number }
  readonly accepted: ItemAnswer
}

/** With the status that all items share, else that of the items that may be accepted another time. */
function noneAccepted(items: readonly ItemAnswer[], cause: Error | undefined, retryAfter: number): HttpError {
  const statuses = new Set(items.map(({ status }) => status))
  const { code, status: shared } = items[0] as ItemAnswer
  if (statuses.has(503)) {
    const detail = 'None of the items was accepted. Try again with the same keys.'
    return new HttpError(503, 'SPILLWAY_SEND_FAILED', detail, { items, retryAfter, cause })
  }
  const status = statuses.has(500) ? 500 : statuses.size === 1 ? shared : 422
  const own = statuses.size === 1 && shared !== 500 ? (code as ErrorCode) : 'SPILLWAY_BODY_INVALID'
  return new HttpError(status, own, 'None of the items can be accepted.', { items, cause })
}

function toAnswers(rejected: readonly RejectedItem[]): readonly ItemAnswer[] {
  const showIssues = issueRoom()
  return rejected.map(({ index, status, code, detail, issues }) => {
    const errors = showIssues(issues.slice(0, mostItemIssues))
    return { index, status, code, detail, ...(errors.length > 0 && { errors }) }
  })
}

/** Of one item. */
const mostItemIssues = 20

/** In the order of the request; what the handler made comes last. */
function inOrder(items: readonly ItemAnswer[]): readonly ItemAnswer[] {
  const placeOf = ({ index }: ItemAnswer) => index ?? Number.MAX_SAFE_INTEGER
  return [...items].sort((a, b) => placeOf(a) - placeOf(b))
}
