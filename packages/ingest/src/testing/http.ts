import type { LogFields, Logger } from '@spillway/message'
import type { HttpEvent } from '../http-event.ts'
import { httpApiEvent } from '../testing.ts'

/** A `POST` as an HTTP API delivers it. */
export function post(body: unknown, change: Partial<HttpEvent> = {}): HttpEvent {
  return { ...httpApiEvent({ path: '/orders', body }), ...change }
}

/** A logger that keeps its lines. */
export function memoryLogger(): Logger & {
  readonly lines: readonly (readonly [string, string, LogFields])[]
} {
  const lines: (readonly [string, string, LogFields])[] = []
  const keep =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      lines.push([level, message, fields])
    }
  return { lines, info: keep('info'), warn: keep('warn'), error: keep('error') }
}
