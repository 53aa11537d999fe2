import { randomUUID } from 'node:crypto'

/** The parameters of a request. */
export interface MoveRequest {
  readonly sourceArn: string
  /** `undefined`: each message goes back to the queue that SQS moved it from. */
  readonly destinationArn: string | undefined
  /** Messages per second; `undefined` means as fast as possible. */
  readonly rate: number | undefined
}

/** A task and its progress. */
export interface MoveTask extends MoveRequest {
  readonly handle: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** How many messages there were when it started. Later messages are not moved. */
  readonly toMove: number
  readonly stop: AbortController
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED'
  moved: number
  failure: string | undefined
}

/** Creates a task that has not moved anything yet. */
export function createTask(request: MoveRequest, toMove: number, startedAt: number): MoveTask {
  return {
    ...request,
    handle: toHandle(randomUUID(), request.sourceArn),
    startedAt,
    toMove,
    stop: new AbortController(),
    status: 'RUNNING',
    moved: 0,
    failure: undefined,
  }
}

/** Whether the task prevents another one for the same queue. */
export function isActive({ status }: MoveTask): boolean {
  return status === 'RUNNING' || status === 'CANCELLING'
}

/** A task in the response to `ListMessageMoveTasks`. */
export function toResult(task: MoveTask): object {
  const { sourceArn, destinationArn, rate, handle, startedAt, toMove, status, moved, failure } = task
  return {
    ...(status === 'RUNNING' && { TaskHandle: handle }),
    Status: status,
    SourceArn: sourceArn,
    ...(destinationArn !== undefined && { DestinationArn: destinationArn }),
    ...(rate !== undefined && { MaxNumberOfMessagesPerSecond: rate }),
    ApproximateNumberOfMessagesMoved: moved,
    ApproximateNumberOfMessagesToMove: toMove,
    ...(failure !== undefined && { FailureReason: failure }),
    StartedTimestamp: startedAt,
  }
}

/** A handle consists of these two on SQS. Clients must not rely on its content. */
function toHandle(taskId: string, sourceArn: string): string {
  return Buffer.from(JSON.stringify({ taskId, sourceArn })).toString('base64')
}

/** The ARN of the source in a handle; `undefined` for an invalid handle. */
export function sourceOf(handle: string): string | undefined {
  try {
    const { taskId, sourceArn } = Object(JSON.parse(Buffer.from(handle, 'base64').toString()))
    return typeof taskId === 'string' && typeof sourceArn === 'string' ? sourceArn : undefined
  } catch {
    return undefined
  }
}
