/**
 * The parts of an HTTP event that the middlewares read. API Gateway (REST API 1.0, HTTP API 2.0), Lambda Function URLs
 * and Application Load Balancers have them all.
 *
 * Source: API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs" and "Lambda proxy
 * integrations in API Gateway"; Elastic Load Balancing, "Lambda functions as targets".
 */
export interface HttpEvent {
  readonly version?: string | null
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
  /** Text as it came, or what a body parser made of it. */
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

/** The path as the client sent it. HTTP APIs decode it, and put the stage before it. */
export function readPath({ rawPath, path, requestContext }: HttpEvent): {
  readonly path: string
  readonly decoded: boolean
} {
  if (typeof rawPath !== 'string') return { path: path ?? '/', decoded: false }
  const { domainName = '', stage = '$default' } = (requestContext ?? {}) as Record<string, string | undefined>
  if (domainName.includes('.lambda-url.')) return { path: rawPath, decoded: false }
  const prefix = `/${stage}/`
  return { path: rawPath.startsWith(prefix) ? rawPath.slice(prefix.length - 1) : rawPath, decoded: true }
}
