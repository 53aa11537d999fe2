import { randomUUID } from 'node:crypto'

/** What a client asked for. */
export interface MoveRequest {
  readonly sourceArn: string
  /** `undefined`: each message goes back to the queue that SQS moved it from. */
  readonly destinationArn: string | undefined
  /** Messages a second; `undefined`: as fast as it goes. */
  readonly rate: number | undefined
}

/** A task, and how far it has come. */
export interface MoveTask extends MoveRequest {
  readonly handle: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** How many messages there were when it started: those that come later are not moved. */
  readonly toMove: number
  readonly stop: AbortController
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED'
  moved: number
  failure: string | undefined
}

/** Makes a task that has moved nothing yet. */
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

/** Whether another task has to wait. */
export function isActive({ status }: MoveTask): boolean {
  return status === 'RUNNING' || status === 'CANCELLING'
}

/** A task as the answer to `ListMessageMoveTasks` has it. */
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

/** SQS makes a handle of these two; a client has to take it as it is. */
function toHandle(taskId: string, sourceArn: string): string {
  return Buffer.from(JSON.stringify({ taskId, sourceArn })).toString('base64')
}

/** The ARN of the source in a handle; `undefined` for a text that is no handle. */
export function sourceOf(handle: string): string | undefined {
  try {
    const { taskId, sourceArn } = Object(JSON.parse(Buffer.from(handle, 'base64').toString()))
    return typeof taskId === 'string' && typeof sourceArn === 'string' ? sourceArn : undefined
  } catch {
    return undefined
  }
}
