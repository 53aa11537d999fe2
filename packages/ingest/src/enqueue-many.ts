import type { MiddlewareObj } from '@middy/core'
import type { EncodedMessage, ErrorCode, MessageDefinition, SendResult, Telemetry } from '@spillway/message'
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
 * Sends each body of the list that the handler returns as a message, and answers with the result of each.
 *
 * The handler returns `event.valid.bodies` of `validate({ bodies })`, some of them, or a list of its own.
 *
 * | answer | when |
 * |---|---|
 * | 202 | the queue confirmed every item |
 * | 207 | it confirmed some: each item of `items` has the `status` that a request for it alone would have |
 * | 422 | every item is invalid, so nothing was sent (413 when all are too large) |
 * | 503 | it confirmed none; with `Retry-After`, and `items` in the problem |
 * | 200 | the list was empty |
 *
 * The `status` of an item is 202 only when the queue confirmed that very item. A message without a key of its own gets
 * the key in the `Idempotency-Key` header, `/` and its place (`/own/` and a number for a body that the handler made),
 * so that a repeated request has no second effect.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function enqueueMany<Definition extends MessageDefinition>(
  definition: Definition,
  options: EnqueueManyOptions<Definition>,
): MiddlewareObj<HttpEvent, HttpResponse> {
  const settings = checkEnqueueMany(definition, options)
  const { to, telemetry, clock, logger, storable } = settings
  const requestOf = rememberRequests(clock, keyReader(definition))

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
      const facts = readFacts(event, begun.idempotencyKey, settings, telemetry, new Date(clock.now()))
      const { ready, refused } = prepare(definition, bodies, facts, settings, event)
      const messages = ready.map(({ message }) => message)
      const sending = await send(to, messages, begun.deadline(guardMs))
      const sent = ready.map((item, position) => answerTo(item, sending.results[position]))
      const items = inOrder([...toAnswers(rejected), ...refused, ...sent])
      const accepted = messages.filter((_, position) => sent[position]?.status === 202)
      const unconfirmed = sent.some(({ status }) => status === 503)
      const retryAfter = shortestWait(messages.map((_, position) => sending.results[position]))
      const cause = unconfirmed ? sending.cause : rejected.find((item) => item.cause)?.cause
      if (accepted.length === 0 && items.length > 0) throw noneAccepted(items, cause, retryAfter)
      count(telemetry, definition.name, { items, accepted, elapsed: begun.elapsed() })
      if (cause !== undefined) {
        const lost = items.filter(({ status }) => status >= 500).length
        logger.warn(`spillway: ${lost} of ${items.length} items were not accepted`, {
          name: definition.name,
          requestId: context.awsRequestId,
          error: cause,
        })
      }
      request.response = respond(
        event,
        items.length === 0 ? 200 : accepted.length === items.length ? 202 : 207,
        {
          'content-type': 'application/json',
          ...(unconfirmed && { 'retry-after': String(retryAfter) }),
        },
        { accepted: accepted.length, rejected: items.length - accepted.length, items },
      )
    },
  }
}

/** Makes a message of each body, or an answer where that is not possible. */
function prepare<Definition extends MessageDefinition>(
  definition: Definition,
  bodies: readonly ReturnedBody<Definition>[],
  facts: RequestFacts,
  options: Pick<EnqueueManyOptions<Definition>, 'statusUrl' | 'delay' | 'attributes'>,
  event: HttpEvent,
) {
  const ready: ReadyItem[] = []
  const refused: ItemAnswer[] = []
  let own = 0
  for (const body of bodies) {
    const place = body.index === undefined ? {} : { index: body.index }
    const name = body.index === undefined ? `own/${own++}` : String(body.index)
    try {
      const message = toMessage(definition, body, facts, options, name)
      const url = toStatusUrl(options.statusUrl, message.key, event)
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

function answerTo({ message, place, accepted }: ReadyItem, result: SendResult | undefined): ItemAnswer {
  return result?.status === 'accepted' ? accepted : { ...place, id: message.key, ...toClientError(result) }
}

/** Counts the items of a request that was answered. */
function count(
  telemetry: Telemetry,
  message: string,
  request: {
    readonly items: readonly ItemAnswer[]
    readonly accepted: readonly EncodedMessage[]
    readonly elapsed: number
  },
): void {
  const { items, accepted, elapsed } = request
  const bytes = accepted.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
  telemetry.count('spillway.ingest.accepted', accepted.length, { message })
  telemetry.count('spillway.ingest.bytes', bytes, { message })
  telemetry.duration('spillway.ingest.duration', elapsed, { message })
  for (const { code = '', status } of items) {
    if (status !== 202) telemetry.count('spillway.ingest.rejected', 1, { code, status })
  }
}

/** A message that is ready to be sent, and the answer in case it is accepted. */
interface ReadyItem {
  readonly message: EncodedMessage
  readonly place: { readonly index?: number }
  readonly accepted: ItemAnswer
}

/** The error when no item was accepted: with the status of all, else 503 or 500 if an item may be accepted later. */
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

/** The most issues that are shown of one item. */
const mostItemIssues = 20

/** In the order of the request; bodies that the handler made come last. */
function inOrder(items: readonly ItemAnswer[]): readonly ItemAnswer[] {
  const placeOf = ({ index }: ItemAnswer) => index ?? Number.MAX_SAFE_INTEGER
  return [...items].sort((a, b) => placeOf(a) - placeOf(b))
}
