import type { LocalEndpoints } from '@spillway/local'
import { SpillwayError, toError } from '@spillway/message'

/**
 * Asks the control server of `spillway dev` where its queues and streams are.
 *
 * @param control the address of the control server
 * @throws SpillwayError `SPILLWAY_START_FAILED` when none answers
 */
export async function readLocalEndpoints(control: string): Promise<LocalEndpoints> {
  try {
    const response = await fetch(new URL('/api/endpoints', control), { signal: AbortSignal.timeout(5000) })
    const answer: unknown = response.ok ? await response.json() : undefined
    if (isEndpoints(answer)) return answer
    throw new Error(`it answers ${response.status}`)
  } catch (thrown) {
    const { message } = toError(thrown)
    throw new SpillwayError(
      'SPILLWAY_START_FAILED',
      `There is no app of \`spillway dev\` at ${control} (${message}). Start it, or set PORT to its port; a queue on AWS is named by its URL.`,
      { cause: thrown },
    )
  }
}

function isEndpoints(value: unknown): value is LocalEndpoints {
  const { sqs, queues, streams } = Object(value) as Partial<Record<keyof LocalEndpoints, unknown>>
  return typeof sqs === 'string' && Array.isArray(queues) && Array.isArray(streams)
}
