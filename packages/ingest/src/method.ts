import { HttpError } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'

/** The safe methods (RFC 9110, section 9.2.1): a client does not request an effect with them. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * Rejects a request with a safe method: a browser's preflight, a health check of a load balancer, a prefetched link. An
 * event without a method passes.
 *
 * @throws HttpError 405 `SPILLWAY_METHOD_NOT_ALLOWED`.
 */
export function requireUnsafeMethod({ httpMethod, requestContext }: HttpEvent): void {
  const { http } = (requestContext ?? {}) as { readonly http?: { readonly method?: unknown } | null }
  const method = http?.method ?? httpMethod
  if (typeof method !== 'string' || !safe.has(method.toUpperCase())) return
  throw new HttpError(405, 'SPILLWAY_METHOD_NOT_ALLOWED', `${method.toUpperCase()} is not accepted here.`, {
    headers: { allow: 'POST, PUT, PATCH, DELETE' },
  })
}
