import type { InvocationError, InvocationFailure } from '../functions/index.ts'

/** Frames of a cause: where it was thrown is what matters. */
const framesOfCause = 5

/**
 * What is printed of a failed invocation: first what CloudWatch would have in one line, then the stack and the causes.
 *
 * @param requestId empty for a failure outside of an invocation
 */
export function failureText({ error, phase, kind }: InvocationFailure, requestId: string): readonly string[] {
  const { causes = [] } = error
  const head = headline(error, requestId)
  const when = phase === 'init' ? ' (while the function was starting)' : ''
  return [
    `${kind === 'throttle' ? 'WARN' : 'ERROR'} ${head}${when}`,
    ...frames(error),
    ...(error.code === undefined ? [] : [`  code: ${error.code}`]),
    ...causes.flatMap(causeText),
    ...hints(error),
  ]
}

/** `RequestId: … Error: Task timed out after 3.00 seconds Sandbox.Timedout`, or the type and the message of what was thrown. */
function headline({ errorType, errorMessage }: InvocationError, requestId: string): string {
  if (errorMessage.startsWith('RequestId: ')) return `${errorMessage} ${errorType}`
  const id = requestId === '' ? '' : `RequestId: ${requestId} `
  return `${id}${errorType}: ${errorMessage}`
}

function causeText(cause: InvocationError): readonly string[] {
  const code = cause.code === undefined ? '' : `, code: ${cause.code}`
  return [
    `  caused by ${cause.errorType}: ${cause.errorMessage}${code}`,
    ...frames(cause).slice(0, framesOfCause),
  ]
}

/** A stack begins with the message, which is printed already. */
function frames({ trace = [] }: InvocationError): readonly string[] {
  return trace.filter((line) => /^\s+at /.test(line))
}

function hints({ errorType, errorMessage }: InvocationError): readonly string[] {
  if (errorType !== 'Runtime.ExitError') return []
  if (errorMessage.endsWith('signal: killed')) {
    return ['  This is how Lambda ends a function that needs more than its memorySize.']
  }
  if (errorMessage.endsWith('signal: aborted')) {
    return ['  Node.js aborts when its heap is full: the lines above say so, and memorySize is the limit.']
  }
  return []
}

/** Two failures of the same shape differ in ids and numbers at most. */
export function failureShape({ kind, phase, error }: InvocationFailure): string {
  const { errorType, errorMessage, code = '' } = error
  return [kind, phase, errorType, code, withoutNumbers(errorMessage), frames(error)[0] ?? ''].join('\n')
}

/** A text in which ids and numbers are left out. */
export function withoutNumbers(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+/gi, '#')
}
