import type { Faux } from './faux-app.ts'

/**
 * Makes the messages of a receive visible again when its client has disconnected before the response. fauxqs continues
 * a long poll after its client has disconnected, and would hide the messages that it receives.
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
      // It fails only when the engine stops, which deletes the messages.
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
