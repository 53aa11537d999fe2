import { type Clock, systemClock } from '@spillway/message/internal'
import type { QueueDepth } from '../engine.ts'
import type { Faux } from '../faux-app.ts'
import { actionOf } from '../fifo/requests.ts'
import { errorBody, errorHeader } from '../sqs-error.ts'
import { type Body, cancelTask, listTasks, type MoveContext, startTask } from './actions.ts'
import { isFault } from './read-request.ts'
import { createTaskList, type TaskList } from './task-list.ts'

const actions: Readonly<Record<string, (context: MoveContext, body: Body) => Promise<object>>> = {
  StartMessageMoveTask: startTask,
  ListMessageMoveTasks: listTasks,
  CancelMessageMoveTask: cancelTask,
}

/**
 * Answers `StartMessageMoveTask`, `ListMessageMoveTasks` and `CancelMessageMoveTask`, which fauxqs does not know.
 *
 * Source: Amazon SQS API Reference, and answers of AWS. For messages that were sent to the dead-letter queue, not moved
 * there by SQS, see Amazon SQS Developer Guide, "Troubleshooting issues with DLQs and DLQ redrive".
 *
 * @param depth counts the messages of a queue
 */
export function moveTasks(
  faux: Faux,
  depth: (name: string) => Promise<QueueDepth>,
  clock: Clock = systemClock,
): Pick<TaskList, 'stop'> {
  const tasks = createTaskList()
  const context = { faux, tasks, clock, depth }

  faux.app.addHook('preHandler', async (request, reply) => {
    const action = actionOf(request)
    if (!Object.hasOwn(actions, action)) return undefined
    reply.header('content-type', 'application/x-amz-json-1.0')
    const answer = await actions[action]?.(context, Object(request.body))
    if (answer === undefined || !isFault(answer)) return reply.send(answer)
    reply.header('x-amzn-query-error', errorHeader(answer))
    return reply.code(answer.status).send(errorBody(answer))
  })

  return tasks
}
