import type { Faux } from '../faux-app.ts'
import { nameOf } from '../fifo/requests.ts'
import { sourcesOf } from '../list-sources.ts'
import type { SqsError } from '../sqs-error.ts'
import type { MoveRequest } from './move-task.ts'

/** An error of a move task. */
export interface MoveFault extends SqsError {
  readonly status: 400 | 404
}

/** An error with status 400. */
export function invalid(message: string, code = 'InvalidParameterValue'): MoveFault {
  return { code, message, status: 400 }
}

/** The error of a queue that does not exist. */
export function noResource(name: 'SourceArn' | 'DestinationArn'): MoveFault {
  const message = `The resource that you specified for the ${name} parameter doesn't exist.`
  return { code: 'ResourceNotFoundException', message, status: 404 }
}

/** The error of a handle whose task is not listed. */
export function noTask(): MoveFault {
  return { code: 'ResourceNotFoundException', message: 'Task does not exist.', status: 404 }
}

/** The error of a missing parameter. */
export function missing(name: string): MoveFault {
  return invalid(`The request must contain the parameter ${name}.`, 'MissingParameter')
}

/** Whether a value is an error. */
export function isFault<T extends object>(value: T | MoveFault): value is MoveFault {
  return 'code' in value && 'status' in value
}

/**
 * Reads a request for `StartMessageMoveTask`; returns an error when SQS would reject it.
 *
 * Source: Amazon SQS API Reference, StartMessageMoveTask, and answers of AWS.
 */
export async function readMoveRequest(
  faux: Faux,
  body: Readonly<Record<string, unknown>>,
): Promise<MoveRequest | MoveFault> {
  const { SourceArn, DestinationArn: destinationArn, MaxNumberOfMessagesPerSecond: rate } = body
  const source = await findQueue(faux, 'SourceArn', SourceArn)
  if (isFault(source)) return source
  if (source.sources.length === 0) return invalid('Source queue must be configured as a Dead Letter Queue.')
  if (destinationArn !== undefined) {
    const destination = await findQueue(faux, 'DestinationArn', destinationArn)
    if (isFault(destination)) return destination
    if (destination.arn === source.arn)
      return invalid('Source queue arn and destination queue arn cannot be the same.')
    if (destination.arn.endsWith('.fifo') !== source.arn.endsWith('.fifo'))
      return invalid('The source queue and destination queue must be of the same queue type.')
  }
  const isRate = typeof rate === 'number' && Number.isInteger(rate) && rate >= 1 && rate <= 500
  if (rate !== undefined && !isRate) {
    return invalid(
      "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's between 1 and 500.",
    )
  }
  return {
    sourceArn: source.arn,
    destinationArn: destinationArn as string | undefined,
    rate: rate as number | undefined,
  }
}

/** Finds the queue of an ARN, and the queues that use it as their dead-letter queue. */
export async function findQueue(
  faux: Faux,
  name: 'SourceArn' | 'DestinationArn',
  arn: unknown,
): Promise<{ readonly arn: string; readonly sources: readonly string[] } | MoveFault> {
  if (arn === undefined || arn === null) return missing(name)
  if (typeof arn !== 'string' || !/^arn:[^:]+:sqs:[^:]+:[^:]+:[^:]+$/.test(arn)) {
    return invalid(
      `You must use this format to specify the ${name}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`,
    )
  }
  const sources = await sourcesOf(faux, nameOf(arn))
  return sources === undefined ? noResource(name) : { arn, sources }
}
