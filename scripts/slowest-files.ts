import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'
import { root } from './workspace.ts'

/** A reporter of Vitest that prints the slowest files at the end of a run of many files. */
export function slowestFiles(count = 10): Reporter {
  return {
    onTestRunEnd(modules) {
      if (modules.length <= count) return
      const files = modules.map((module) => ({ name: relative(root, module.moduleId), ms: duration(module) }))
      files.sort((a, b) => b.ms - a.ms)
      console.log(`\n The ${count} slowest files, in seconds`)
      for (const { name, ms } of files.slice(0, count)) {
        console.log(`${(ms / 1000).toFixed(1).padStart(8)}  ${name}`)
      }
    },
  }
}

/** The duration of a file in milliseconds: its imports, hooks and tests, without the start of its worker. */
function duration(module: TestModule): number {
  const { collectDuration, setupDuration, duration } = module.diagnostic()
  return collectDuration + setupDuration + duration
}
