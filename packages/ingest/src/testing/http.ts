import type { EncodedMessage, SendResult, Target } from '@spillway/message'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import type { HttpResponse } from '../http.ts'

/** A `POST` as API Gateway delivers it. */
export function post(body: unknown, change: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'POST /orders',
    rawPath: '/orders',
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    requestContext: {} as APIGatewayProxyEventV2['requestContext'],
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
    ...change,
  }
}

/** Invokes a handler as Lambda does, with time left: the event has not yet what the middlewares add to it. */
export async function invoke(
  handler: (event: never, context: Context) => unknown,
  event: APIGatewayProxyEventV2,
): Promise<Answer> {
  const context = { getRemainingTimeInMillis: () => 3000 } as Context
  const { statusCode, headers, body } = (await handler(event as never, context)) as HttpResponse
  return { status: statusCode, type: headers['content-type'], body: JSON.parse(body), headers }
}

/** A response with its body read. */
export interface Answer {
  readonly status: number
  readonly type: string | undefined
  readonly body: unknown
  readonly headers: HttpResponse['headers']
}

/** A target that remembers what it was sent and answers what it is told. */
export function memoryTarget(
  answer: SendResult = { status: 'accepted' },
): Target & { sent: EncodedMessage[] } {
  const sent: EncodedMessage[] = []
  return {
    sent,
    async send(messages) {
      sent.push(...messages)
      return messages.map(() => answer)
    },
  }
}
