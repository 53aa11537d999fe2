// Runs all checks that a change must pass: `npm run check`, or some of its steps by name.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './workspace.ts'

const bin = (...path: string[]) => join(root, 'node_modules', ...path)
const script = (name: string) => join(root, 'scripts', name)

/** The arguments of Node for each command of a step, and the folder to run it in. */
type Command = readonly [args: readonly string[], cwd?: string]

const steps: Readonly<Record<string, readonly Command[]>> = {
  lint: [[[bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.']]],
  types: [[[bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']], [[script('check-docstrings.ts')]]],
  // typedoc, in `docs`, needs the compiler API, which TypeScript 7 does not have.
  workspace: [[[bin('sherif', 'index.js'), '--fail-on-warnings', '-i', 'typescript@6.0.3']]],
  unused: [[[bin('knip', 'bin', 'knip.js'), '--no-progress']]],
  packages: [[[script('check-packages.ts')]]],
  changesets: [[[script('check-changesets.ts')]]],
  bundle: [[[script('bundle-size.ts')]]],
  spelling: [[[bin('cspell', 'bin.mjs'), '--no-progress', '--show-suggestions']]],
  site: [
    [[join(root, 'docs', '.vitepress', 'check-site.ts')]],
    [[bin('vitest', 'vitest.mjs'), 'run', '--project', 'site']],
  ],
  tests: [[[bin('vitest', 'vitest.mjs'), 'run', '--project', 'unit', '--project', 'end-to-end']]],
  soak: [[[bin('vitest', 'vitest.mjs'), 'run', '--project', 'soak']]],
}

const asked = process.argv.slice(2)
for (const name of asked) {
  if (Object.hasOwn(steps, name)) continue
  console.error(`There is no step '${name}'. The steps are ${Object.keys(steps).join(', ')}.`)
  process.exit(2)
}

/** Runs the commands of a step until one fails; returns whether all succeeded. */
function runCommands(commands: readonly Command[]): boolean {
  return commands.every(([args, cwd = root]) => {
    const all = ['--conditions=spillway:source', ...args]
    return spawnSync(process.execPath, all, { cwd, stdio: 'inherit' }).status === 0
  })
}

// All steps run, even after a failure, so that one run shows all failures.
const failed: string[] = []
for (const [name, commands] of Object.entries(steps)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  console.log(`\n== ${name}`)
  if (!runCommands(commands)) failed.push(name)
}
if (failed.length > 0) {
  console.error(`\ncheck: ${failed.join(', ')} failed.`)
  process.exit(1)
}
