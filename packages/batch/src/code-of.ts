import { errorsWithin } from '@spillway/message/internal'

/** Names that say nothing. */
const bare: ReadonlySet<unknown> = new Set(['Error', 'AggregateError'])

/**
 * The code under which a record that is retried is counted and logged: what says most of its cause and of what lies
 * beneath. A code of Spillway goes first, because the docs have it; then the outermost code of anybody, `ECONNREFUSED`
 * under `fetch failed` for example; then the outermost name that is not just `Error`.
 */
export function codeOf(cause: unknown): string {
  let code: string | undefined
  let name: string | undefined
  for (const error of errorsWithin(cause)) {
    if (isText(error.code)) {
      if (error.code.startsWith('SPILLWAY_')) return error.code
      code ??= error.code
    }
    if (isText(error.name) && !bare.has(error.name)) name ??= error.name
  }
  return code ?? name ?? (cause instanceof Error ? 'Error' : 'unknown')
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
