import type { MiddlewareObj } from '@middy/core'
import { type MessageBody, type MessageDefinition, type MessageInput, validateBody } from '@spillway/message'
import { checkOptions, type OptionRules, objectWith, required } from '@spillway/message/internal'
import type { HttpEvent } from './http.ts'
import { HttpError } from './http-error.ts'

/** What {@link validate} takes. */
export interface ValidateOptions<Definition extends MessageDefinition> {
  /** The message that the body has to be. */
  readonly body: Definition
}

/** What {@link validate} adds to the event. */
export interface Valid<Definition extends MessageDefinition> {
  readonly valid: {
    /** What came out of the schema. */
    readonly body: MessageBody<Definition>
    /** What went into it: this is what `enqueue` sends, because the other side has the schema, too. */
    readonly input: MessageInput<Definition>
    /** The message that the body is. */
    readonly definition: Definition
  }
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
): MiddlewareObj<HttpEvent & Valid<Definition>> {
  checkOptions('validate', options, rules)
  const definition = options.body
  return {
    before: async function validateBefore(request) {
      const input = request.event.body
      const result = await validateBody(definition, input)
      if (!result.ok) {
        throw new HttpError(422, 'SPILLWAY_BODY_INVALID', `The body is not a valid ${definition.name}.`, {
          issues: result.issues,
        })
      }
      Object.assign(request.event, { valid: { body: result.body, input, definition } })
    },
  }
}
