import type { FauxApp } from './faux-app.ts'

const foreign = /^http:\/\/sqs\.[^/]+/

/** Puts the engine's host into queue URLs, because the hosts of fauxqs do not resolve everywhere. */
export function ownUrls(app: FauxApp, endpoint: () => string): void {
  app.addHook('preSerialization', async (_request, _reply, answer) => {
    if (typeof answer !== 'object' || answer === null) return answer
    if ('QueueUrl' in answer) return { ...answer, QueueUrl: own(answer.QueueUrl) }
    if ('QueueUrls' in answer && Array.isArray(answer.QueueUrls)) {
      return { ...answer, QueueUrls: answer.QueueUrls.map(own) }
    }
    return answer
  })

  function own(url: unknown): unknown {
    return typeof url === 'string' ? url.replace(foreign, endpoint()) : url
  }
}
