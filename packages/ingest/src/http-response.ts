import { type HttpEvent, isAlb } from './http-event.ts'
import { phraseOf } from './phrase.ts'

/** A response that API Gateway, Function URLs and load balancers understand. */
export interface HttpResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** For a load balancer whose target group has multi-value headers turned on: it reads no others. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
  /** For a load balancer. */
  readonly statusDescription?: string
  /** For a load balancer. */
  readonly isBase64Encoded?: false
}

/**
 * The body that a handler returns, where the type of the chain names its answer, `middy<APIGatewayProxyEventV2,
 * APIGatewayProxyResultV2>()`: middy's types hold what a handler returns against that, but the answer is what `enqueue` makes
 * of it. Does nothing at run time.
 */
export function asAnswer(body: unknown): never {
  return body as never
}

/** A response in JSON, in the form that the sender of the event understands. */
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
