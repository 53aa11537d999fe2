import { usage } from '../../packages/cli/src/usage.ts'
import type { Blocks } from './blocks.ts'
import { checkBlocks } from './checks.ts'
import { configurationBlocks } from './configuration.ts'
import { instanceClassTable } from './instance-classes.ts'
import { metricBlocks } from './metrics.ts'

/** All texts of the reference that come from the code, by the names of their places in the pages. */
export const generatedBlocks: Blocks = {
  ...configurationBlocks,
  ...checkBlocks,
  ...metricBlocks,
  'instance-classes': instanceClassTable,
  usage: `\`\`\`text\n${usage.trimEnd()}\n\`\`\``,
}
