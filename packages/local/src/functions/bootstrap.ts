/**
 * What runs in an execution environment: the counterpart of Lambda's Node.js runtime. It is part of each bundle.
 *
 * Both sides talk through descriptor 3, in lines of fields parted by tabs; JSON text holds neither character.
 * To the environment: `requestId deadline traceId event`. From it: `ready`, `ok payload`, `error document`, or
 * `fatal document` before the process ends.
 *
 * @module
 */
import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { toInvocationError } from './invocation-error.ts'
import { lineReader } from './lines.ts'
import { useSourcePositions } from './source-positions.ts'
import type { InvocationError } from './types.ts'

/** Where a function's handler is, and what its context says. */
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

  function die(type: string | undefined, thrown: unknown): void {
    const error = toInvocationError(thrown)
    const document = type === undefined ? error : { ...error, errorType: type }
    console.error(thrown)
    channel.write(`fatal\t${JSON.stringify(document)}\n`)
    process.exit(1)
  }
  process.on('uncaughtException', (error) => die(undefined, error))
  process.on('unhandledRejection', (reason) => die('Runtime.UnhandledPromiseRejection', reason))
  channel.on('error', () => process.exit(1))
  channel.on('end', () => process.exit(0))

  let handler: Handler
  try {
    handler = findHandler(await options.load(), options.handler)
  } catch (error) {
    return die(undefined, error)
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
  // Environments are killed rather than ended, so the cache would never be written by itself.
  flushCompileCache()
}

function findHandler(exports: Readonly<Record<string, unknown>>, name: string): Handler {
  const fallback = exports.default as Readonly<Record<string, unknown>> | null | undefined
  const found = exports[name] ?? fallback?.[name]
  if (typeof found === 'function') return found as Handler
  const problem =
    found === undefined ? `has no export \`${name}\`` : `exports a \`${name}\` that is not a function`
  throw Object.assign(new Error(`The module ${problem}: export an async function of that name.`), {
    name: 'Runtime.HandlerNotFound',
  })
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
    const errorMessage = `The handler's response is not JSON: ${toInvocationError(error).errorMessage}`
    return failure({ errorType: 'Runtime.MarshalError', errorMessage })
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
