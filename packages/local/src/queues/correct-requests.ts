import { correctReceived, correctSent } from './correct-answers.ts'
import type { FauxApp } from './faux-app.ts'
import { checkEntries, checkRequest, escapeRequest, type SqsRequest } from './request-rules.ts'
import { errorBody, type FailedEntry, queryErrorHeader } from './sqs-error.ts'

interface Seen {
  readonly original: SqsRequest & { readonly Entries?: unknown }
  readonly failed: readonly FailedEntry[]
}

/** Stands before and behind fauxqs and corrects where it departs from SQS. */
export function correctDepartures(app: FauxApp): void {
  const seen = new WeakMap<object, Seen>()

  app.addHook('preHandler', async (request, reply) => {
    const original = request.body
    if (typeof original !== 'object' || original === null) return undefined
    reply.header('content-type', 'application/x-amz-json-1.0')
    if ('Entries' in original && Array.isArray(original.Entries)) {
      const { entries, failed } = checkEntries(original.Entries)
      seen.set(request, { original, failed })
      request.body = { ...original, Entries: entries }
      if (failed.length > 0 && entries.length === 0) return reply.send({ Successful: [] })
      return undefined
    }
    const error = checkRequest(original)
    if (error === undefined) {
      seen.set(request, { original, failed: [] })
      request.body = escapeRequest(original)
      return undefined
    }
    reply.header('x-amzn-query-error', `${error.code};Sender`)
    return reply.code(400).send(errorBody(error))
  })

  app.addHook('preSerialization', async (request, reply, answer) => {
    const header = reply.getHeader('x-amzn-query-error')
    if (typeof header === 'string') reply.header('x-amzn-query-error', queryErrorHeader(header))
    const context = seen.get(request)
    if (context === undefined || typeof answer !== 'object' || answer === null) return answer
    const { original, failed } = context
    if ('Messages' in answer) return correctReceived(answer)
    if ('MD5OfMessageBody' in answer) return correctSent(answer, original.MessageBody)
    if (!('Successful' in answer) || !Array.isArray(answer.Successful)) return answer
    const bodies = new Map(
      (original.Entries as readonly SqsRequest[]).map((entry) => [entry.Id, entry.MessageBody]),
    )
    const already = 'Failed' in answer && Array.isArray(answer.Failed) ? answer.Failed : []
    return {
      ...answer,
      Successful: answer.Successful.map((entry) => correctSent(entry, bodies.get(entry.Id))),
      Failed: [...already, ...failed],
    }
  })
}
