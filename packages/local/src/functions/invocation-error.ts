import { types } from 'node:util'
import type { InvocationError } from './types.ts'

const mostCauses = 8

/** The most characters of a text. An error with its causes must fit into the pipe before the process ends. */
const longestText = 4096

/** Describes a thrown value as Lambda's Node.js runtime does, and adds its causes. */
export function toInvocationError(thrown: unknown): InvocationError {
  try {
    if (!isError(thrown)) return { errorType: typeof thrown, errorMessage: text(thrown) }
    const chain = causesOf(thrown)
    const code = [thrown, ...chain].map(codeOf).find((found) => found !== undefined)
    return {
      ...describe(thrown),
      ...(code === undefined ? {} : { code }),
      ...(chain.length === 0 ? {} : { causes: chain.map(toCause) }),
    }
  } catch {
    return {
      errorType: 'Error',
      errorMessage: 'The thrown value cannot be read: one of its properties throws.',
    }
  }
}

function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error
}

function describe(error: Error) {
  return {
    errorType: text(error.name),
    errorMessage: text(error.message),
    trace: text(error.stack ?? '').split('\n'),
  }
}

function toCause(cause: unknown): InvocationError {
  if (!isError(cause)) return { errorType: typeof cause, errorMessage: text(cause) }
  const code = codeOf(cause)
  return { ...describe(cause), ...(code === undefined ? {} : { code }) }
}

/** The causes of an error, the nearest first. A circular chain ends at the first repetition. */
function causesOf(thrown: Error): unknown[] {
  const found = new Set<unknown>([thrown])
  for (const error of found) {
    if (found.size > mostCauses) break
    if (!isError(error)) continue
    const { cause, errors } = error as { readonly cause?: unknown; readonly errors?: unknown }
    const next = [cause, ...(Array.isArray(errors) ? errors : [])]
    for (const one of next) if (one !== undefined && one !== null && found.size <= mostCauses) found.add(one)
  }
  found.delete(thrown)
  return [...found]
}

function codeOf(error: unknown): string | undefined {
  if (!isError(error)) return undefined
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'number') return String(code)
  return typeof code === 'string' && code !== '' ? code : undefined
}

// A thrown value may lack a prototype, and an error's name may have any type.
function text(value: unknown): string {
  let full: string
  try {
    full = String(value)
  } catch {
    full = Object.prototype.toString.call(value)
  }
  if (full.length <= longestText) return full
  // Keeps the start of a stack, which has the message, and its end, which has the origin.
  return `${full.slice(0, longestText / 2)} … ${full.slice(-longestText / 2)}`
}
