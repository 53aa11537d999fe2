import { usage } from '../../packages/cli/src/usage.ts'
import { awsLimitTable } from './aws-limits.ts'
import type { Blocks } from './blocks.ts'
import { checkBlocks } from './checks.ts'
import { configurationBlocks } from './configuration.ts'
import { failureTable } from './failure-matrix.ts'
import { httpAnswerTable } from './http-answers.ts'
import { instanceClassTable } from './instance-classes.ts'
import { logLineTable } from './log-lines.ts'
import { metricBlocks } from './metrics.ts'
import { optionBlocks } from './options.ts'
import { versionBlocks } from './versions.ts'
import { wireBlocks } from './wire.ts'

/** All texts of the reference that are generated from the code, by name. */
export const generatedBlocks: Blocks = {
  ...configurationBlocks,
  ...optionBlocks,
  ...checkBlocks,
  ...metricBlocks,
  ...wireBlocks,
  ...versionBlocks,
  'http-answers': httpAnswerTable,
  'aws-limits': awsLimitTable,
  'failure-matrix': failureTable,
  'log-lines': logLineTable,
  'instance-classes': instanceClassTable,
  usage: `\`\`\`text\n${usage.trimEnd()}\n\`\`\``,
}
