import { type Clock, systemClock } from '@spillway/message/internal'
import type { QueueDepth } from '../engine.ts'
import type { Faux } from '../faux-app.ts'
import { actionOf, nameOf } from '../fifo/requests.ts'
import { errorBody, errorHeader } from '../sqs-error.ts'
import { createTask, isActive, type MoveTask, sourceOf, toResult } from './move-task.ts'
import { findQueue, invalid, isFault, type MoveFault, missing, readMoveRequest } from './read-request.ts'
import { runMove } from './run-move.ts'

/** The tasks of an engine. */
export interface MoveTasks {
  /** Ends all tasks when the messages that they are moving have been moved. */
  stop(): Promise<void>
}

/** The most tasks in a response of `ListMessageMoveTasks`. */
const mostListed = 10

type Body = Readonly<Record<string, unknown>>

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
): MoveTasks {
  /** By the ARN of their source, the newest first. */
  const tasks = new Map<string, readonly MoveTask[]>()
  const running = new Set<Promise<void>>()

  async function start(body: Body): Promise<object> {
    const request = await readMoveRequest(faux, body)
    if (isFault(request)) return request
    const { visible } = await depth(nameOf(request.sourceArn))
    const earlier = tasks.get(request.sourceArn) ?? []
    if (earlier.some(isActive)) {
      return invalid(
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      )
    }
    const task = createTask(request, visible, clock.now())
    tasks.set(request.sourceArn, [task, ...earlier].slice(0, mostListed))
    const run = runMove(faux, task, clock)
    running.add(run)
    void run.then(() => running.delete(run))
    return { TaskHandle: task.handle }
  }

  async function list({ SourceArn, MaxResults = 1 }: Body): Promise<object> {
    const source = await findQueue(faux, 'SourceArn', SourceArn)
    if (isFault(source)) return source
    if (!Number.isInteger(MaxResults) || Number(MaxResults) < 1 || Number(MaxResults) > mostListed) {
      return invalid(
        `Value ${String(MaxResults)} for parameter MaxResults is invalid. Reason: Must be between 1 and 10.`,
      )
    }
    const found = tasks.get(source.arn) ?? []
    return { Results: found.slice(0, Number(MaxResults)).map(toResult) }
  }

  async function cancel({ TaskHandle }: Body): Promise<object> {
    if (TaskHandle === undefined || TaskHandle === null) return missing('TaskHandle')
    const sourceArn = sourceOf(String(TaskHandle))
    if (sourceArn === undefined) return invalid('Value for parameter TaskHandle is invalid.')
    const source = await findQueue(faux, 'SourceArn', sourceArn)
    if (isFault(source)) return source
    const task = tasks.get(sourceArn)?.find(({ handle }) => handle === TaskHandle)
    if (task === undefined) {
      const gone: MoveFault = {
        code: 'ResourceNotFoundException',
        message: 'Task does not exist.',
        status: 404,
      }
      return gone
    }
    if (task.status !== 'RUNNING') {
      return invalid('Only running tasks can be cancelled.', 'AWS.SimpleQueueService.UnsupportedOperation')
    }
    task.status = 'CANCELLING'
    task.stop.abort()
    return { ApproximateNumberOfMessagesMoved: task.moved }
  }

  const actions: Readonly<Record<string, (body: Body) => Promise<object>>> = {
    StartMessageMoveTask: start,
    ListMessageMoveTasks: list,
    CancelMessageMoveTask: cancel,
  }

  faux.app.addHook('preHandler', async (request, reply) => {
    const action = actionOf(request)
    if (!Object.hasOwn(actions, action)) return undefined
    reply.header('content-type', 'application/x-amz-json-1.0')
    const answer = await actions[action]?.(Object(request.body))
    if (answer === undefined || !isFault(answer)) return reply.send(answer)
    reply.header('x-amzn-query-error', errorHeader(answer))
    return reply.code(answer.status).send(errorBody(answer))
  })

  return {
    async stop() {
      for (const task of [...tasks.values()].flat()) task.stop.abort()
      await Promise.all(running)
    },
  }
}
