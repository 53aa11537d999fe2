#!/usr/bin/env node
// The version is checked before any import, because imports fail on an older Node.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 19)) {
  const { enableCompileCache } = await import('node:module')
  // Half of the time of a start is compiling.
  enableCompileCache()
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
} else {
  process.stderr.write(`spillway: Node 22.19 or newer is needed; this is Node ${process.versions.node}.\n`)
  process.exitCode = 1
}
