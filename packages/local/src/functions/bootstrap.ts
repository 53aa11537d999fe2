/**
 * The program of an execution environment, the counterpart of Lambda's Node.js runtime. It is part of each bundle.
 *
 * Both sides exchange lines through file descriptor 3. Tabs separate the fields, because JSON text contains neither
 * tabs nor line breaks. To the environment: `requestId deadline traceId event`. From it: `ready`, `ok payload`,
 * `error document`, or `fatal document` before the process ends.
 *
 * @module
 */
import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { toInvocationError } from './invocation-error.ts'
import { lineReader } from './lines.ts'
import { useSourcePositions } from './source-positions.ts'
import type { InvocationError } from './types.ts'

/** The handler of a function, and the values of its context. */
export interface BootstrapOptions {
  readonly handler: string
  readonly context: {
    readonly functionName: string
    readonly functionVersion: string
    readonly invokedFunctionArn: string
    readonly memoryLimitInMB: string
    readonly logGroupName: string
  }
  /** Imports the user's module. */
  load(): Promise<Readonly<Record<string, unknown>>>
}

type Handler = (event: unknown, context: object) => unknown

/** The largest response of a synchronous invocation, in bytes (Lambda, "Lambda quotas"). */
const responseLimit = 6_291_556

/** Loads the handler and serves invocations until the other side closes the channel. */
export async function runEnvironment(options: BootstrapOptions): Promise<void> {
  const channel = new Socket({ fd: 3 })
  const logStreamName = process.env.AWS_LAMBDA_LOG_STREAM_NAME
  delete process.env.NODE_COMPILE_CACHE
  useSourcePositions(import.meta.url)

  function die(error: InvocationError): void {
    channel.write(`fatal\t${JSON.stringify(error)}\n`)
    process.exit(1)
  }
  process.on('uncaughtException', (error) => die(toInvocationError(error)))
  process.on('unhandledRejection', (reason) => die(unhandledRejection(reason)))
  channel.on('error', () => process.exit(1))
  channel.on('end', () => process.exit(0))

  let handler: Handler
  try {
    handler = findHandler(await options.load(), options.handler)
  } catch (error) {
    return die(toInvocationError(error))
  }

  async function serve(line: string): Promise<void> {
    const [requestId = '', deadline = '', traceId = '', event = ''] = line.split('\t')
    process.env._X_AMZN_TRACE_ID = traceId
    const context = {
      ...options.context,
      logStreamName,
      awsRequestId: requestId,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Number(deadline) - Date.now(),
    }
    channel.write(await answer(handler, JSON.parse(event), context))
  }

  const lines = lineReader((line) => void serve(line))
  channel.setEncoding('utf8').on('data', lines.write)
  channel.write('ready\n')
  // Environments are killed, and a killed process does not write its compile cache.
  flushCompileCache()
}

function findHandler(exports: Readonly<Record<string, unknown>>, name: string): Handler {
  const fallback = exports.default as Readonly<Record<string, unknown>> | null | undefined
  const found = exports[name] ?? fallback?.[name]
  if (typeof found !== 'function') {
    const problem = found === undefined || found === null ? 'undefined or not exported' : 'not a function'
    throw runtimeError(
      'Runtime.HandlerNotFound',
      `index.${name} is ${problem}: export an async function named \`${name}\` from the entry of the function.`,
    )
  }
  // Lambda looks only at the number of declared parameters. middy declares two.
  if (found.length >= 3) throw runtimeError('Runtime.CallbackHandlerDeprecated', callbackHandler(name))
  return found as Handler
}

function callbackHandler(name: string): string {
  return (
    'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
    'You need to modify this function to use a supported handler signature to use Node.js 24 or later. ' +
    'For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html. ' +
    `\`${name}\` declares three parameters: declare (event, context), and instead of calling the callback ` +
    'return a promise of the response, or throw.'
  )
}

function runtimeError(name: string, message: string): Error {
  const error = Object.assign(new Error(message), { name })
  // The stack of the bootstrap would not help to find the mistake.
  error.stack = `${name}: ${message}`
  return error
}

/** Lambda's text for an unhandled rejection; the reason, with its own stack, is the cause. */
function unhandledRejection(reason: unknown): InvocationError {
  const { causes = [], ...cause } = toInvocationError(reason)
  const errorMessage =
    cause.trace === undefined ? cause.errorMessage : `${cause.errorType}: ${cause.errorMessage}`
  return {
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage,
    ...(cause.code === undefined ? {} : { code: cause.code }),
    trace: [`Runtime.UnhandledPromiseRejection: ${errorMessage}`],
    causes: [cause, ...causes],
  }
}

async function answer(handler: Handler, event: unknown, context: object): Promise<string> {
  let result: unknown
  try {
    result = await handler(event, context)
  } catch (error) {
    return failure(toInvocationError(error))
  }
  let payload: string
  try {
    payload = JSON.stringify(result) ?? 'null'
  } catch (error) {
    const { causes = [], ...cause } = toInvocationError(error)
    // Lambda does not say why; the reason is added here.
    const errorMessage = `Unable to stringify response body: ${cause.errorMessage}`
    return failure({ errorType: 'Runtime.JSONStringifyError', errorMessage, causes: [cause, ...causes] })
  }
  if (Buffer.byteLength(payload) > responseLimit) {
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${responseLimit} bytes).`
    return failure({ errorType: 'Function.ResponseSizeTooLarge', errorMessage })
  }
  return `ok\t${payload}\n`
}

function failure(error: InvocationError): string {
  return `error\t${JSON.stringify(error)}\n`
}
