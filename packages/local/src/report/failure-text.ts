import type { InvocationError, InvocationFailure } from '../functions/index.ts'

/** How many stack frames of a cause are printed. The first frames are the most useful. */
const framesOfCause = 5

/**
 * The text to print about a failed invocation: the line that CloudWatch would show, then the stack and the causes.
 *
 * @param requestId empty for a failure outside an invocation
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

/**
 * `RequestId: … Error: Task timed out after 3.00 seconds Sandbox.Timedout`, or the type and the message of the thrown
 * value.
 */
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

/** The frames of a stack, without the message at its start, which is printed already. */
function frames({ trace = [] }: InvocationError): readonly string[] {
  return trace.filter((line) => /^\s+at /.test(line))
}

function hints({ errorType, errorMessage }: InvocationError): readonly string[] {
  if (errorType !== 'Runtime.ExitError') return []
  if (errorMessage.endsWith('signal: killed')) {
    return ['  Lambda ends a function in this way when it needs more than its memorySize.']
  }
  if (errorMessage.endsWith('signal: aborted')) {
    return [
      '  Node.js aborts when its heap is full, and reports this in the lines above. The limit is memorySize.',
    ]
  }
  return []
}

/** A key that is the same for failures that differ only in ids and numbers. */
export function failureShape({ kind, phase, error }: InvocationFailure): string {
  const { errorType, errorMessage, code = '' } = error
  return [kind, phase, errorType, code, withoutNumbers(errorMessage), frames(error)[0] ?? ''].join('\n')
}

/** A text without its ids and numbers. */
export function withoutNumbers(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+/gi, '#')
}
