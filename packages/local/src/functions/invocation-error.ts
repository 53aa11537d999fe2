import type { InvocationError } from './types.ts'

const deepestCause = 8

/** Describes whatever was thrown as Lambda's Node.js runtime does. */
export function toInvocationError(thrown: unknown): InvocationError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: text(thrown) }
  const code = codeOf(thrown)
  return {
    errorType: text(thrown.name),
    errorMessage: text(thrown.message),
    ...(code === undefined ? {} : { code }),
    trace: text(thrown.stack ?? '').split('\n'),
  }
}

function codeOf(thrown: Error): string | undefined {
  let error: unknown = thrown
  for (let depth = 0; depth < deepestCause && error instanceof Error; depth++) {
    const { code } = error as { code?: unknown }
    if (typeof code === 'string' && code !== '') return code
    if (typeof code === 'number') return String(code)
    error = error.cause
  }
  return undefined
}

// A thrown value may lack a prototype, and an error's name may be anything.
function text(value: unknown): string {
  try {
    return String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
