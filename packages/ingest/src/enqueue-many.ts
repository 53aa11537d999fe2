import type { MiddlewareObj } from '@middy/core'
import type { EncodedMessage, MessageDefinition, SendResult } from '@spillway/message'
import { HttpError, type ItemAnswer } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { type HttpResponse, respond } from './http-response.ts'
import { showIssues } from './issue-list.ts'
import { checkEnqueueMany, type EnqueueManyOptions } from './options.ts'
import { startTimes } from './request-limit.ts'
import { readBodies } from './returned-body.ts'
import { checkIdempotencyKey, type RequestFacts, readFacts, toSendable } from './sendable.ts'
import { toStatusUrl } from './status-url.ts'
import { explain, retryAfterOf } from './unconfirmed.ts'
import type { Checked, RejectedItem } from './validated.ts'

type Place = { readonly index?: number }

/**
 * Sends each body of the list that the handler returns as a message, and answers what became of each.
 *
 * The handler returns `event.valid.bodies` of `validate({ bodies })`, some of them, or a list of its own.
 *
 * | answer | when |
 * |---|---|
 * | 202 | the queue confirmed every item |
 * | 207 | it confirmed some: each item of `items` has a `status` of its own, as a request of its own would have |
 * | 422 | there was nothing to send: every item is invalid |
 * | 503 | it confirmed none; with `Retry-After`, and `items` in the problem |
 *
 * An item's `status` is 202 only when the queue confirmed that very item. Messages without a key of their own get that
 * of the `Idempotency-Key` header, with `/` and their place, so that a request that is repeated makes no second effect.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function enqueueMany<Definition extends MessageDefinition>(
  definition: Definition,
  options: EnqueueManyOptions<Definition>,
): MiddlewareObj<HttpEvent, HttpResponse> {
  const { to, statusUrl, telemetry, clock, logger, ...choices } = checkEnqueueMany(options)
  const starts = startTimes(clock)
  const attributes = { message: definition.name }

  /** A message for each body that makes one, and an answer for each that makes none. */
  function prepare(bodies: readonly (Checked<Definition> & Place)[], facts: RequestFacts) {
    const messages: (Place & { readonly message: EncodedMessage })[] = []
    const refused: ItemAnswer[] = []
    for (const [position, body] of bodies.entries()) {
      const place = body.index === undefined ? {} : { index: body.index }
      const key = facts.key === undefined ? undefined : `${facts.key}/${body.index ?? position}`
      try {
        messages.push({ ...place, message: toSendable(definition, body, { ...facts, key }, choices) })
      } catch (thrown) {
        if (!(thrown instanceof HttpError)) throw thrown
        refused.push({ ...place, status: thrown.statusCode, code: thrown.code, detail: thrown.message })
      }
    }
    return { messages, refused }
  }

  function countAccepted(messages: readonly EncodedMessage[], event: HttpEvent): void {
    const bytes = messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
    telemetry.count('spillway.ingest.accepted', messages.length, attributes)
    telemetry.count('spillway.ingest.bytes', bytes, attributes)
    telemetry.duration('spillway.ingest.duration', starts.elapsed(event), attributes)
  }

  return {
    before: function enqueueManyBefore({ event }) {
      starts.begin(event)
      checkIdempotencyKey(definition, event)
    },
    after: async function enqueueManyAfter(request) {
      const { event, context } = request
      const { bodies, rejected } = await readBodies(definition, event, request.response)
      const facts = readFacts(event, definition, choices, telemetry, new Date(clock.now()))
      const { messages, refused } = prepare(bodies, facts)
      const limit = starts.limit(event, context)
      const results: readonly (SendResult | undefined)[] =
        messages.length === 0
          ? []
          : await to.send(
              messages.map(({ message }) => message),
              limit,
            )
      const sent = messages.map(({ message, index }, position): ItemAnswer => {
        const place = index === undefined ? {} : { index }
        const result = results[position]
        if (result?.status !== 'accepted') return { ...place, ...explain(result) }
        const url = toStatusUrl(statusUrl, message.key, event)
        return { ...place, status: 202, id: message.key, ...(url !== undefined && { statusUrl: url }) }
      })
      const items = inOrder([...rejected.map(toAnswer), ...refused, ...sent])
      const accepted = sent.filter(({ status }) => status === 202).length
      const failures = results.filter((result) => result?.status !== 'accepted')
      const unconfirmed = sent.filter(({ status }) => status === 503).length
      const retryAfter = failures.length === 0 ? undefined : Math.min(...failures.map(retryAfterOf))
      if (accepted === 0 && items.length > 0) throw noneAccepted(items, unconfirmed, retryAfter, failures)
      countAccepted(
        messages.filter((_, position) => sent[position]?.status === 202).map(({ message }) => message),
        event,
      )
      for (const { code = '', status } of items) {
        if (status !== 202) telemetry.count('spillway.ingest.rejected', 1, { code, status })
      }
      if (unconfirmed > 0) {
        logger.warn(`spillway: the queue did not confirm ${unconfirmed} of ${items.length} items`, {
          name: definition.name,
          requestId: context.awsRequestId,
          error: toCause(failures),
        })
      }
      request.response = respond(
        event,
        accepted === items.length ? 202 : 207,
        {
          'content-type': 'application/json',
          ...(unconfirmed > 0 && { 'retry-after': String(retryAfter) }),
        },
        { accepted, rejected: items.length - accepted, items },
      )
    },
  }
}

function noneAccepted(
  items: readonly ItemAnswer[],
  unconfirmed: number,
  retryAfter: number | undefined,
  failures: readonly (SendResult | undefined)[],
): HttpError {
  if (unconfirmed === 0) {
    return new HttpError(422, 'SPILLWAY_BODY_INVALID', 'None of the items can be accepted.', { items })
  }
  const detail = 'None of the items was accepted. Try again with the same keys.'
  return new HttpError(503, 'SPILLWAY_SEND_FAILED', detail, { items, retryAfter, cause: toCause(failures) })
}

/** What the target says of the first item that it did not confirm. */
function toCause(failures: readonly (SendResult | undefined)[]): Error {
  const [failure] = failures
  return new Error(failure?.status === 'rejected' ? failure.detail : 'the target gave no result')
}

function toAnswer({ index, status, code, detail, issues }: RejectedItem): ItemAnswer {
  return { index, status, code, detail, ...(issues.length > 0 && { errors: showIssues(issues) }) }
}

/** In the order of the request; what the handler made comes last. */
function inOrder(items: readonly ItemAnswer[]): readonly ItemAnswer[] {
  const placeOf = ({ index }: ItemAnswer) => index ?? Number.MAX_SAFE_INTEGER
  return [...items].sort((a, b) => placeOf(a) - placeOf(b))
}
