import { errorsWithin } from '@spillway/message/internal'

/** Names without information. */
const generic: ReadonlySet<unknown> = new Set(['Error', 'AggregateError'])

/**
 * The code under which a retried record is counted and logged, from the chain of causes. A code of Spillway goes first,
 * because the docs explain it; then the outermost other code, for example `ECONNREFUSED` beneath `fetch failed`; then the
 * outermost name that is not just `Error`.
 */
export function codeOf(cause: unknown): string {
  let code: string | undefined
  let name: string | undefined
  for (const error of errorsWithin(cause)) {
    if (isText(error.code)) {
      if (error.code.startsWith('SPILLWAY_')) return error.code
      code ??= error.code
    }
    if (isText(error.name) && !generic.has(error.name)) name ??= error.name
  }
  return code ?? name ?? (cause instanceof Error ? 'Error' : 'unknown')
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
