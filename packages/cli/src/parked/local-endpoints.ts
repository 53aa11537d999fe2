import type { LocalEndpoints } from '@spillway/local'
import { SpillwayError, toError } from '@spillway/message'

/**
 * Reads the addresses of queues and streams from the control server of `spillway dev`.
 *
 * @param control the address of the control server
 * @throws SpillwayError `SPILLWAY_START_FAILED` when it does not answer
 */
export async function readLocalEndpoints(control: string): Promise<LocalEndpoints> {
  try {
    const response = await fetch(new URL('/api/endpoints', control), { signal: AbortSignal.timeout(5000) })
    const answer: unknown = response.ok ? await response.json() : undefined
    if (isEndpoints(answer)) return answer
    throw new Error(`the answer is ${response.status}`)
  } catch (thrown) {
    const { message } = toError(thrown)
    throw new SpillwayError(
      'SPILLWAY_START_FAILED',
      `No app of \`spillway dev\` answers at ${control} (${message}). Start it, or set PORT to its port. For a queue on AWS give its URL.`,
      { cause: thrown },
    )
  }
}

function isEndpoints(value: unknown): value is LocalEndpoints {
  const { sqs, queues, streams } = Object(value) as Partial<Record<keyof LocalEndpoints, unknown>>
  return typeof sqs === 'string' && Array.isArray(queues) && Array.isArray(streams)
}
