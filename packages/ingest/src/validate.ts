import type { MiddlewareObj } from '@middy/core'
import { type MessageBody, type MessageDefinition, validateBody } from '@spillway/message'
import { checkOptions, type OptionRules, objectWith, required } from '@spillway/message/internal'
import type { HttpEvent } from './http.ts'
import { HttpError } from './http-error.ts'

/** What {@link validate} takes. */
export interface ValidateOptions<Definition extends MessageDefinition> {
  /** The message that the body has to be. */
  readonly body: Definition
}

/** What {@link validate} adds to the event. */
export interface Valid<Body> {
  /** What passed its schema. */
  readonly valid: { readonly body: Body }
}

const rules: OptionRules<ValidateOptions<MessageDefinition>> = {
  body: required({ ...objectWith(), expected: 'a message made by defineMessage()' }),
}

/**
 * Validates the parsed body against the schema of a message and puts what came out under `event.valid.body`.
 * An invalid body is answered with 422 and the path and reason of each issue.
 *
 * Put it behind a body parser such as `@middy/http-json-body-parser`.
 */
export function validate<Definition extends MessageDefinition>(
  options: ValidateOptions<Definition>,
): MiddlewareObj<HttpEvent & Valid<MessageBody<Definition>>> {
  checkOptions('validate', options, rules)
  const definition = options.body
  return {
    before: async function validateBefore(request) {
      const result = await validateBody(definition, request.event.body)
      if (!result.ok) {
        throw new HttpError(422, 'SPILLWAY_BODY_INVALID', `The body is not a valid ${definition.name}.`, {
          issues: result.issues,
        })
      }
      Object.assign(request.event, { valid: { body: result.body } })
    },
  }
}
