import { type AppOptions, defineApp, type Problem } from '@spillway/planner'

/**
 * What the planner says of an app: its errors, or its warnings when there is no error.
 *
 * @throws what `defineApp` throws for an option that is unknown, missing or out of range
 */
export function tryApp(options: AppOptions): readonly Problem[] {
  try {
    return defineApp(options).warnings
  } catch (thrown) {
    const problems = thrown instanceof Error ? problemsIn(thrown.message) : []
    if (problems.length === 0) throw thrown
    return problems
  }
}

/** The problems that the message of `SPILLWAY_APP_INVALID` lists, one on each line. */
function problemsIn(message: string): readonly Problem[] {
  return [...message.matchAll(/^ {2}(E\d+): (.+)$/gm)].map(([, id = '', text = '']) => ({
    id,
    message: text,
  }))
}
