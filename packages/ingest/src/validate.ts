import type { MiddlewareObj } from '@middy/core'
import type { MessageDefinition, SpillwayError, StandardSchemaV1 } from '@spillway/message'
import {
  checkOptions,
  integer,
  isSchema,
  type OptionRule,
  type OptionRules,
  oneOf,
  optionInvalid,
} from '@spillway/message/internal'
import { checkBody, invalidBody } from './check-body.ts'
import { checkItems } from './check-items.ts'
import { checkPart } from './check-part.ts'
import { requireHttp } from './foreign-event.ts'
import { readHeaders } from './headers.ts'
import { HttpError, noBody, type RequestIssue, type RequestPart } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { mostItems } from './items-invalid.ts'
import { type PartSchema, schemaOf, toNamed } from './part-schema.ts'
import { isRoute, pathReader } from './path-parameters.ts'
import { readQuery } from './query.ts'
import { exactAt, lacksBody } from './source-text.ts'
import { attachValidation, type RejectedItem } from './validated.ts'

/** What {@link validate} takes. At least one part. */
export interface ValidateOptions<
  Body extends PartSchema | undefined = PartSchema | undefined,
  Bodies extends PartSchema | undefined = PartSchema | undefined,
  Query extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
  Path extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
  Headers extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
> {
  /** What the body has to be. Put a body parser before. */
  readonly body?: Body
  /** What each item of a bulk body has to be; an invalid one costs only itself. Put `bulkBodyParser()` before. */
  readonly bodies?: Bodies
  /** How many items a bulk body may have, 1 to 10,000. Default 1,000. An answer has about 100 bytes for each. */
  readonly maxItems?: number
  /** The query: a text for each name, or a list of texts for a name that was sent more than once. */
  readonly query?: Query
  /** The path parameters: a text for each name. */
  readonly path?: Path
  /** The headers: a text for each name in lower case. */
  readonly headers?: Headers
  /** For Function URLs and load balancers, which have no path parameters: where they are, `/orders/{id}`. */
  readonly route?: string
  /**
   * Texts of bodies and of the other parts with NUL, lone surrogates, U+FFFE or U+FFFF, which the queue or the database
   * cannot store; numbers that are not finite, of which JSON makes `null`; and integers beyond 2^53 - 1 that were
   * changed when they were read, or whose text is not known: `'reject'` answers 422, `'allow'` lets them pass. Default
   * `'reject'`: behind a 202 they would be parked, or be another's. Under names that the schema drops they do no harm.
   */
  readonly unstorable?: 'reject' | 'allow'
}

/** What comes out of the schema of a part. */
export type PartOutput<Schema> =
  IsAny<Schema> extends true
    ? unknown
    : Schema extends MessageDefinition<infer Of>
      ? StandardSchemaV1.InferOutput<Of>
      : Schema extends StandardSchemaV1
        ? StandardSchemaV1.InferOutput<Schema>
        : undefined

type IsAny<Type> = 0 extends 1 & Type ? true : false

/**
 * What {@link validate} adds to the event: the parts that it was asked for, as they came out of their schemas.
 *
 * The names come from those of the options alone, so that they are known where a schema is a type parameter.
 */
export interface Valid<Options extends ValidateOptions = ValidateOptions> {
  readonly valid: Flat<Parts<Options> & ('bodies' extends keyof Options ? Bulk<Options['bodies']> : unknown)>
}

type Parts<Options> = {
  readonly [Name in keyof Options as Name extends RequestPart ? Name : never]: PartOutput<Options[Name]>
}

interface Bulk<Schema> {
  /** The valid items, in order. */
  readonly bodies: readonly PartOutput<Schema>[]
  /** The others: `enqueueMany` reports them. */
  readonly rejected: readonly RejectedItem[]
}

/** Options that there are not: a schema in them would validate nothing. */
type Unknown<Options> = string extends keyof Options
  ? unknown
  : { readonly [Name in Exclude<keyof Options, keyof ValidateOptions>]: never }

type Flat<Type> = { readonly [Name in keyof Type]: Type[Name] }

const isPartSchema: OptionRule = {
  expected: 'a message of defineMessage() or a Standard Schema validator',
  test: (value) => schemaOf(value) !== undefined,
}

const rules: OptionRules<ValidateOptions> = {
  body: isPartSchema,
  bodies: isPartSchema,
  maxItems: integer(1, mostItems),
  query: isSchema,
  path: isSchema,
  headers: isSchema,
  route: { expected: 'a route, for example /orders/{id}', test: isRoute },
  unstorable: oneOf('reject', 'allow'),
}

/**
 * Validates parts of a request and puts what came out of their schemas under `event.valid`. Understands the events of
 * HTTP APIs, REST APIs, Function URLs and load balancers.
 *
 * An invalid part is answered with 422, and the path and reason of each issue of all parts. Reasons do not quote
 * values; paths and messages of unknown names tell the names.
 *
 * `event.valid` is the handler's: it may change a body there. `enqueue` notices, and holds the changed body against the
 * schema once more.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or of the wrong kind.
 */
export function validate<const Options extends ValidateOptions>(
  options: Options & Unknown<Options>,
): MiddlewareObj<HttpEvent & Valid<Options>> {
  checkOptions('validate', options, rules)
  checkParts(options)
  const { maxItems = 1000, unstorable = 'reject' } = options
  const storable = unstorable === 'reject'
  const readPath = pathReader(options.route)
  const parts = (
    [
      ['path', schemaOf(options.path), readPath],
      ['query', schemaOf(options.query), readQuery],
      ['headers', schemaOf(options.headers), readHeaders],
    ] as const
  ).flatMap(([part, schema, read]) => (schema === undefined ? [] : [{ part, schema, read }]))
  const body = toNamed(options.body)
  const bodies = toNamed(options.bodies)

  return {
    before: async function validateBefore(request) {
      requireHttp('validate', request.event)
      const event: HttpEvent = request.event
      const valid: Record<string, unknown> = {}
      const issues: RequestIssue[] = []
      for (const { part, schema, read } of parts) {
        const result = await checkPart(part, schema, read(event), storable)
        if (result.ok) valid[part] = result.value
        else for (const issue of result.issues) issues.push(issue)
      }
      if (body !== undefined) {
        const absent = lacksBody(event)
        // Some events have `null` for no body.
        const input = absent ? (event.body ?? undefined) : event.body
        const result = await checkBody(body, input, storable, exactAt(event))
        if (!result.ok && absent) throw noBody()
        if (!result.ok) throw invalidBody(result, [...issues, ...result.issues])
        valid.body = result.output
        attachValidation(valid, { definition: options.body, single: result })
      }
      if (bodies !== undefined) {
        const { items, rejected } = await checkItems(bodies, event, { storable, maxItems })
        Object.assign(valid, { bodies: items.map(({ output }) => output), rejected })
        attachValidation(valid, { definition: options.bodies, items, rejected })
      }
      if (issues.length > 0) {
        throw new HttpError(422, 'SPILLWAY_REQUEST_INVALID', 'The request is not valid.', { issues })
      }
      // Another validate() may have been here.
      Object.assign(request.event, { valid: { ...(event as { valid?: object }).valid, ...valid } })
    },
  }
}

function checkParts({ body, bodies, query, path, headers, route, maxItems }: ValidateOptions): void {
  if (body !== undefined && bodies !== undefined) {
    throw invalid('a body is either one message (`body`) or many (`bodies`), not both')
  }
  if ([body, bodies, query, path, headers].every((part) => part === undefined)) {
    throw invalid('name at least one part: `body`, `bodies`, `query`, `path` or `headers`')
  }
  if (route !== undefined && path === undefined) throw invalid('`route` is for `path`, which is missing')
  if (maxItems !== undefined && bodies === undefined)
    throw invalid('`maxItems` is for `bodies`, which is missing')
}

function invalid(message: string): SpillwayError {
  return optionInvalid(`validate: ${message}.`)
}
