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

/** Options of {@link validate}: at least one part. */
export interface ValidateOptions<
  Body extends PartSchema | undefined = PartSchema | undefined,
  Bodies extends PartSchema | undefined = PartSchema | undefined,
  Query extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
  Path extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
  Headers extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
> {
  /** The schema of the body. Put a body parser before `validate`. */
  readonly body?: Body
  /**
   * The schema of each item of a bulk body. An invalid item is rejected alone. Put `bulkBodyParser()` before
   * `validate`.
   */
  readonly bodies?: Bodies
  /** The most items of a bulk body, 1 to 10,000. Default 1,000. The answer has about 100 bytes per item. */
  readonly maxItems?: number
  /** The schema of the query: a text per name, or a list of texts for a name that was sent more than once. */
  readonly query?: Query
  /** The schema of the path parameters: a text per name. */
  readonly path?: Path
  /** The schema of the headers: a text per name in lower case. */
  readonly headers?: Headers
  /** The route, `/orders/{id}`, from which `path` is read behind Function URLs and load balancers. */
  readonly route?: string
  /**
   * How to treat values that cannot be stored: `'reject'` answers 422, `'allow'` accepts them. Default `'reject'`:
   * after a 202 such a message would be parked, or have the key or the value of another one. They are
   *
   * - texts with NUL, lone surrogates, U+FFFE or U+FFFF, which the queue or the database rejects
   * - numbers that are not finite, which JSON turns into `null`
   * - integers beyond 2^53 - 1 that the parser changed, or whose text is not known
   *
   * Values under names that the schema drops are ignored.
   */
  readonly unstorable?: 'reject' | 'allow'
}

/** The output of the schema of a part. */
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
 * What {@link validate} adds to the event: the output of the schema of each part.
 *
 * The names depend on the names of the options only, so they are known even if a schema is a type parameter.
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
  /** The invalid items; `enqueueMany` reports them. */
  readonly rejected: readonly RejectedItem[]
}

/** Makes an unknown option a compile error: a schema in it would validate nothing. */
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
 * Validates parts of a request and puts the outputs of their schemas under `event.valid`. Works with the events of HTTP
 * APIs, REST APIs, Function URLs and load balancers.
 *
 * Answers 422 for an invalid request, with the path and the reason of each issue of all parts. Reasons do not quote
 * values. Unknown field names are listed in the error.
 *
 * A handler may change a body in `event.valid`: `enqueue` notices and validates the changed body again.
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
        // Some events have `null` for a missing body.
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
      // Another validate() may have run before.
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
