import { tryApp } from '../../docs/.vitepress/theme/calculator/try-app.ts'
import type { AppOptions } from '../../packages/planner/src/index.ts'
import { type Blocks, code } from './blocks.ts'
import { checkExamples } from './check-examples.ts'

/** A check of the planner, with the apps that it finds fault with. */
export interface Check {
  /** What is wrong, in a few words. */
  readonly title: string
  /** What happens when it is left as it is, and what to do. */
  readonly meaning: string
  /** An app for each message that the check has. */
  readonly examples: readonly AppOptions[]
}

/** What the planner says of an example under the id of a check. */
export function messagesOf(id: string, example: AppOptions): readonly string[] {
  return tryApp(example)
    .filter((problem) => problem.id === id)
    .map(({ message }) => message)
}

/** The checks, each with the messages of its examples. */
export const checkBlocks: Blocks = {
  errors: describe('E'),
  warnings: describe('W'),
}

function describe(letter: string): string {
  return Object.entries(checkExamples)
    .filter(([id]) => id.startsWith(letter))
    .map(([id, { title, meaning, examples }]) => {
      const said = examples.flatMap((example) => messagesOf(id, example))
      return [
        `### ${code(id)}: ${title} {#${id.toLowerCase()}}`,
        '',
        meaning,
        '',
        '```text',
        ...said.map((message) => `${id}: ${message}`),
        '```',
      ].join('\n')
    })
    .join('\n\n')
}
