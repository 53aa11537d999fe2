import type { MiddlewareObj } from '@middy/core'
import {
  type MessageDefinition,
  type MessageStatus,
  SpillwayError,
  type StatusSource,
  type TimeLimit,
  toError,
} from '@spillway/message'
import {
  type Clock,
  checkDefinition,
  checkOptions,
  isClock,
  type OptionRules,
  objectWith,
  required,
  systemClock,
} from '@spillway/message/internal'
import { within } from '@spillway/transport'
import { rememberRequests } from './begun-request.ts'
import { requireHttp } from './foreign-event.ts'
import { HttpError } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { type HttpResponse, respond } from './http-response.ts'
import { issueRoom } from './issue-list.ts'

/** Options of {@link status}. */
export interface StatusOptions {
  /** The source of the status, for example `kyselyStatus({ db, table: 'orders', key: 'id' })`. */
  readonly source: StatusSource
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
}

const rules: OptionRules<StatusOptions> = {
  source: required({ ...objectWith('find'), expected: 'a status source, for example kyselyStatus({ … })' }),
  clock: isClock,
}

/** Seconds after which a client may ask again. */
const retryAfter = 1

/**
 * Answers with the status of a message: `accepted` (neither written nor parked yet), `written`, or `parked` with the
 * code and the invalid places.
 *
 * The handler returns the key of the message, the `id` of its 202. A key that was never accepted is reported as
 * `accepted` as well: acceptance is not recorded before the write.
 *
 * When the source fails, the answer is a 503, never a guess.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or of the wrong kind.
 */
export function status(
  definition: MessageDefinition,
  options: StatusOptions,
): MiddlewareObj<HttpEvent, HttpResponse> {
  checkDefinition('status', definition)
  checkOptions('status', options, rules)
  const { source, clock = systemClock } = options
  const requestOf = rememberRequests(clock)
  const { name } = definition

  return {
    before: function statusBefore(request) {
      requireHttp('status', request.event)
      requestOf(request)
    },
    after: async function statusAfter(request) {
      const { event } = request
      const id: unknown = request.response
      if (typeof id !== 'string' || id === '') {
        throw new SpillwayError(
          'SPILLWAY_KEY_INVALID',
          `The handler before status() has to return the key of a ${name}.`,
        )
      }
      const look = (limit: TimeLimit) => source.find(name, id, limit)
      const limit = requestOf(request).deadline()
      const found = await find(async () => toBody(await within(limit, Number.POSITIVE_INFINITY, look)))
      const headers = {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        ...(found.status === 'accepted' && { 'retry-after': String(retryAfter) }),
      }
      request.response = respond(event, 200, headers, { id, ...found })
    },
  }
}

async function find(run: () => Promise<Found>): Promise<Found> {
  try {
    return await run()
  } catch (thrown) {
    throw new HttpError(
      503,
      'SPILLWAY_STATUS_UNAVAILABLE',
      'The status is not available now. Try again later.',
      { retryAfter, cause: toError(thrown) },
    )
  }
}

type Found = Pick<MessageStatus, 'status'> & Readonly<Record<string, unknown>>

/** Without the detail of the reason: it is for operators, and may name tables or constraints of the database. */
function toBody(found: MessageStatus): Found {
  if (found.status === 'accepted' || found.status === 'written') return { status: found.status }
  if (found.status !== 'parked') throw new TypeError('the source gave no status')
  const { status, at, reason } = found
  const { code, issues } = reason
  return { status, parkedAt: at.toISOString(), code, ...(issues && { errors: issueRoom()(issues) }) }
}
