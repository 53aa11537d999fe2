/**
 * The fields of an HTTP event that the middlewares read, in the events of API Gateway (REST API 1.0, HTTP API 2.0),
 * Lambda Function URLs and Application Load Balancers.
 *
 * Source: API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs" and "Lambda proxy
 * integrations in API Gateway"; Elastic Load Balancing, "Lambda functions as targets".
 */
export interface HttpEvent {
  readonly version?: string | null
  /** REST API, HTTP API with payload 1.0, and ALB. */
  readonly httpMethod?: string | null
  readonly headers?: Readonly<Record<string, string | undefined>> | null
  /** REST API, and ALB where the target group has multi-value headers turned on. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null
  readonly cookies?: readonly string[] | null
  /** HTTP API and Function URL: as sent. */
  readonly rawQueryString?: string | null
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | null
  /** HTTP API and Function URL. */
  readonly rawPath?: string | null
  /** REST API and ALB. */
  readonly path?: string | null
  /** The text that was sent, or what a body parser made of it. */
  readonly body?: unknown
  readonly isBase64Encoded?: boolean | null
  readonly requestContext?: object | null
}

/** The part of Lambda's context that the middlewares read. */
export interface HttpContext {
  getRemainingTimeInMillis(): number
  readonly awsRequestId?: string
}

/** Whether the event is that of an Application Load Balancer. */
export function isAlb({ requestContext }: HttpEvent): boolean {
  return 'elb' in (requestContext ?? {})
}

/**
 * Whether the path of an event and its parameters are already decoded. An HTTP API decodes them, in both payload
 * formats. Events of a REST API have no `version`.
 *
 * Source: API Gateway Developer Guide, "Create routes for HTTP APIs" ("API Gateway decodes URL-encoded request
 * parameters before passing them to your backend integration"); a REST API passes them on as they are in the URL.
 */
export function isPathDecoded({ version, rawPath, requestContext }: HttpEvent): boolean {
  const { domainName } = (requestContext ?? {}) as { readonly domainName?: unknown }
  return typeof version === 'string' || typeof rawPath === 'string'
    ? !String(domainName).includes('.lambda-url.')
    : false
}

/** The path of a request, without the stage that HTTP APIs put before it. */
export function readPath(event: HttpEvent): string {
  const path = event.rawPath ?? event.path ?? '/'
  const { stage } = (event.requestContext ?? {}) as { readonly stage?: unknown }
  const prefix = `/${String(stage)}/`
  return isPathDecoded(event) && path.startsWith(prefix) ? path.slice(prefix.length - 1) : path
}
