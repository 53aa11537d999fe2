import { tryApp } from '../../docs/.vitepress/theme/calculator/try-app.ts'
import type { AppOptions } from '../../packages/planner/src/index.ts'
import { type Blocks, code } from './blocks.ts'
import { checkExamples } from './check-examples.ts'

/** A check of the planner, with examples of apps that fail it. */
export interface Check {
  /** The problem in a few words. */
  readonly title: string
  /** The effect of the problem, and how to solve it. */
  readonly meaning: string
  /** An app for each message of the check. */
  readonly examples: readonly AppOptions[]
}

/** The messages of a check about an example. */
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
