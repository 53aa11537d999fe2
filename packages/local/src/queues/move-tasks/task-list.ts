import type { MoveTask } from './move-task.ts'

/** The most tasks in a response of `ListMessageMoveTasks`. */
export const mostListed = 10

/** The tasks of an engine. */
export interface TaskList {
  /** The tasks of a source queue, the newest first. */
  of(sourceArn: string): readonly MoveTask[]
  /** Adds a task; `run` resolves when it has ended. */
  add(task: MoveTask, run: Promise<void>): void
  /** Ends all tasks after the messages that they are moving now. */
  stop(): Promise<void>
}

/** Creates a list without tasks. */
export function createTaskList(): TaskList {
  const tasks = new Map<string, readonly MoveTask[]>()
  const running = new Set<Promise<void>>()
  const of = (sourceArn: string) => tasks.get(sourceArn) ?? []
  return {
    of,
    add(task, run) {
      tasks.set(task.sourceArn, [task, ...of(task.sourceArn)].slice(0, mostListed))
      running.add(run)
      void run.then(() => running.delete(run))
    },
    async stop() {
      for (const task of [...tasks.values()].flat()) task.stop.abort()
      await Promise.all(running)
    },
  }
}
