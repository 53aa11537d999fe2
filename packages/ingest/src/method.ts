import { HttpError } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'

/** The methods that are safe (RFC 9110, section 9.2.1): a client asks for no effect by them. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * Refuses what asks for no effect: a preflight of a browser, the health check of a load balancer, a link that is
 * followed ahead of time. An event without a method passes.
 *
 * @throws HttpError 405 `SPILLWAY_METHOD_NOT_ALLOWED`.
 */
export function requireUnsafeMethod({ httpMethod, requestContext }: HttpEvent): void {
  const { http } = (requestContext ?? {}) as { readonly http?: { readonly method?: unknown } | null }
  const method = http?.method ?? httpMethod
  if (typeof method !== 'string' || !safe.has(method.toUpperCase())) return
  throw new HttpError(
    405,
    'SPILLWAY_METHOD_NOT_ALLOWED',
    `${method.toUpperCase()} asks for no effect, and is not accepted here.`,
    { headers: { allow: 'POST, PUT, PATCH, DELETE' } },
  )
}
