import type { Faux } from './faux-app.ts'

/**
 * Makes the messages of a receive visible again when its client has gone before it could read the answer.
 * fauxqs keeps a long poll waiting after its client has left, and would hide the messages that come.
 */
export function returnUnread(faux: Faux): void {
  faux.app.addHook('preSerialization', async (request, reply, answer) => {
    if (faux.isOwn(request) || typeof answer !== 'object' || answer === null || !('Messages' in answer))
      return answer
    const messages = answer.Messages as readonly { readonly ReceiptHandle: string }[] | undefined
    const queueUrl = (request.body as { readonly QueueUrl: string }).QueueUrl
    if (messages === undefined) return answer

    async function giveBack(): Promise<void> {
      const entries = (messages ?? []).map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }))
      const change = { QueueUrl: queueUrl, Entries: entries }
      // It fails only when the engine stops, and then the messages go with it.
      await faux.call('ChangeMessageVisibilityBatch', change).catch(() => undefined)
    }

    if (request.raw.socket.destroyed) await giveBack()
    else {
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) void giveBack()
      })
    }
    return answer
  })
}
