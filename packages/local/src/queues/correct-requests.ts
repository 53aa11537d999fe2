import type { FauxApp } from './faux-app.ts'
import { checkEntries, checkRequest, storable } from './request-rules.ts'
import { isShaped, unreadable, wrongValue } from './request-shape.ts'
import { errorBody, errorHeader, type FailedEntry, queryErrorHeader, type SqsError } from './sqs-error.ts'

type Reply = Parameters<Parameters<FauxApp['setErrorHandler']>[0]>[2]

/** Corrects requests and responses where fauxqs differs from SQS. */
export function correctRequests(app: FauxApp): void {
  const refused = new WeakMap<object, readonly FailedEntry[]>()

  app.addHook('preHandler', async (request, reply) => {
    if (request.method !== 'POST') return undefined
    const original = request.body
    if (!isShaped(original)) return reject(reply, unreadable)
    reply.header('content-type', 'application/x-amz-json-1.0')
    if (Array.isArray(original.Entries)) {
      const { entries, failed } = checkEntries(original.Entries, original.QueueUrl)
      refused.set(request, failed)
      request.body = { ...original, Entries: entries }
      if (failed.length > 0 && entries.length === 0) return reply.send({ Successful: [] })
      return undefined
    }
    const error = checkRequest(original)
    if (error !== undefined) return reject(reply, error)
    request.body = storable(original, original.QueueUrl)
    return undefined
  })

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof SyntaxError) return reject(reply, unreadable)
    // fauxqs does not check the types of values.
    if (error instanceof TypeError) return reject(reply, wrongValue)
    throw error
  })

  app.addHook('preSerialization', async (request, reply, answer) => {
    const header = reply.getHeader('x-amzn-query-error')
    if (typeof header === 'string') reply.header('x-amzn-query-error', queryErrorHeader(header))
    const failed = refused.get(request)
    if (failed === undefined || typeof answer !== 'object' || answer === null) return answer
    if (!('Successful' in answer)) return answer
    const already = 'Failed' in answer && Array.isArray(answer.Failed) ? answer.Failed : []
    return { ...answer, Failed: [...already, ...failed] }
  })
}

function reject(reply: Reply, error: SqsError): Reply {
  reply.header('content-type', 'application/x-amz-json-1.0')
  reply.header('x-amzn-query-error', errorHeader(error))
  return reply.code(400).send(errorBody(error))
}
