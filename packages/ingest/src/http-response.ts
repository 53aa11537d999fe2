import { type HttpEvent, isAlb } from './http-event.ts'
import { phraseOf } from './phrase.ts'

/** A response that API Gateway, Function URLs and load balancers understand. */
export interface HttpResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** For a load balancer whose target group has multi-value headers turned on: it reads only these. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
  /** For a load balancer. */
  readonly statusDescription?: string
  /** For a load balancer. */
  readonly isBase64Encoded?: false
}

/**
 * Lets a handler return a body where the type of the chain names another result, as in
 * `middy<APIGatewayProxyEventV2, APIGatewayProxyResultV2>()`. middy's types expect the handler to return that result, but
 * `enqueue` makes it from the body. Does nothing at run time.
 */
export function asAnswer(body: unknown): never {
  return body as never
}

/** A JSON response in the form that the sender of the event expects. */
export function respond(
  event: HttpEvent,
  statusCode: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): HttpResponse {
  const response = { statusCode, headers, body: JSON.stringify(body) }
  if (!isAlb(event)) return response
  const { multiValueHeaders } = event
  return {
    ...response,
    statusDescription: `${statusCode} ${phraseOf(statusCode)}`,
    isBase64Encoded: false,
    ...(multiValueHeaders !== undefined &&
      multiValueHeaders !== null && {
        multiValueHeaders: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, [value]]),
        ),
      }),
  }
}
