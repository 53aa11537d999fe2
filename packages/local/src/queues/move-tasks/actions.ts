import type { Clock } from '@spillway/message/internal'
import type { QueueDepth } from '../engine.ts'
import type { Faux } from '../faux-app.ts'
import { nameOf } from '../fifo/requests.ts'
import { createTask, isActive, sourceOf, toResult } from './move-task.ts'
import { findQueue, invalid, isFault, missing, noTask, readMoveRequest } from './read-request.ts'
import { runMove } from './run-move.ts'
import { mostListed, type TaskList } from './task-list.ts'

/** What the actions need. */
export interface MoveContext {
  readonly faux: Faux
  readonly tasks: TaskList
  readonly clock: Clock
  /** Counts the messages of a queue. */
  depth(name: string): Promise<QueueDepth>
}

/** The parameters of a request. */
export type Body = Readonly<Record<string, unknown>>

/** Answers `StartMessageMoveTask`. */
export async function startTask({ faux, tasks, clock, depth }: MoveContext, body: Body): Promise<object> {
  const request = await readMoveRequest(faux, body)
  if (isFault(request)) return request
  const { visible } = await depth(nameOf(request.sourceArn))
  if (tasks.of(request.sourceArn).some(isActive)) {
    return invalid(
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    )
  }
  const task = createTask(request, visible, clock.now())
  tasks.add(task, runMove(faux, task, clock))
  return { TaskHandle: task.handle }
}

/** Answers `ListMessageMoveTasks`. */
export async function listTasks({ faux, tasks }: MoveContext, body: Body): Promise<object> {
  const { SourceArn, MaxResults = 1 } = body
  const source = await findQueue(faux, 'SourceArn', SourceArn)
  if (isFault(source)) return source
  if (!Number.isInteger(MaxResults) || Number(MaxResults) < 1 || Number(MaxResults) > mostListed) {
    return invalid(
      `Value ${String(MaxResults)} for parameter MaxResults is invalid. Reason: Must be between 1 and 10.`,
    )
  }
  return { Results: tasks.of(source.arn).slice(0, Number(MaxResults)).map(toResult) }
}

/** Answers `CancelMessageMoveTask`. */
export async function cancelTask({ faux, tasks }: MoveContext, { TaskHandle }: Body): Promise<object> {
  if (TaskHandle === undefined || TaskHandle === null) return missing('TaskHandle')
  const sourceArn = sourceOf(String(TaskHandle))
  if (sourceArn === undefined) return invalid('Value for parameter TaskHandle is invalid.')
  const source = await findQueue(faux, 'SourceArn', sourceArn)
  if (isFault(source)) return source
  const task = tasks.of(sourceArn).find(({ handle }) => handle === TaskHandle)
  if (task === undefined) return noTask()
  if (task.status !== 'RUNNING') {
    return invalid('Only running tasks can be cancelled.', 'AWS.SimpleQueueService.UnsupportedOperation')
  }
  task.status = 'CANCELLING'
  task.stop.abort()
  return { ApproximateNumberOfMessagesMoved: task.moved }
}
