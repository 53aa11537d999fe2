import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { failedTests } from './scripts/failed-tests.ts'
import { LongestFirst } from './scripts/longest-first.ts'
import { useMemoryFolder } from './scripts/memory-folder.ts'
import { slowestFiles } from './scripts/slowest-files.ts'

useMemoryFolder()

const conditions = ['spillway:source', 'node']

declare module 'vitest' {
  interface ProvidedContext {
    /**
     * Whether `npm run test:soak` runs: `inject('soak')`. A test file that asks for it does more of the same then: more
     * seeds, more messages, longer outages.
     */
    readonly soak: boolean
  }
}

/** They take minutes: `npm run test:soak`, which CI runs as well. */
const soak = [
  'packages/*/src/**/*.soak.test.ts',
  'scripts/**/*.soak.test.ts',
  // The example of the docs. A test of `orders.test.ts` shows the same.
  'examples/orders/end-to-end.test.ts',
]

/** Test files that do more in `npm run test:soak` than in `npm test`. */
const scaled = globSync(['packages/*/src/**/*.test.ts', 'examples/*/*.test.ts', 'scripts/*.test.ts'], {
  cwd: import.meta.dirname,
}).filter((path) => readFileSync(path, 'utf8').includes("inject('soak')"))

/** They compare times: `npm run test:real`, on a machine that does nothing else. */
const real = ['packages/*/src/**/*.real.test.ts']

/** They drive the built documentation site with Chromium: `npm run check -- site`, which builds it first. */
const site = ['docs/.vitepress/browser/*.test.ts']

/** They start whole apps and flood them, when all else is done. */
const endToEnd = [
  'examples/**/*.test.ts',
  'packages/cli/src/main.test.ts',
  'packages/cli/src/dev/*.test.ts',
  'packages/cli/src/redrive/redrive-local.test.ts',
  'packages/cli/src/spike/spike.test.ts',
  'scripts/boot.test.ts',
]

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'scripts/**/*.test.ts',
            'docs/snippets/**/*.test.ts',
            'docs/.vitepress/**/*.test.ts',
          ],
          exclude: [...endToEnd, ...soak, ...real, ...site],
          // The files of a worker share its modules: to start a process and to import the same for each of them takes
          // longer than most tests do.
          isolate: false,
          setupFiles: 'scripts/restore-globals.ts',
          typecheck: {
            enabled: true,
            checker: 'tsc',
            tsconfig: 'tsconfig.json',
            include: ['packages/*/src/**/*.test-d.ts'],
          },
          // More than there are processors, because many tests wait for time-outs.
          maxWorkers: 4,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'end-to-end',
          include: endToEnd,
          exclude: [...soak, '**/node_modules/**'],
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'soak',
          include: [...soak, ...scaled],
          maxWorkers: 3,
          provide: { soak: true },
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: { name: 'real', include: real, maxWorkers: 1, sequence: { groupOrder: 3 } },
      },
      {
        extends: true,
        test: { name: 'site', include: site, maxWorkers: 1, sequence: { groupOrder: 4 } },
      },
    ],
    sequence: { sequencer: LongestFirst },
    reporters: ['default', slowestFiles(), failedTests()],
    // A file with nothing but tests of MySQL has none without a server.
    passWithNoTests: process.env.SPILLWAY_TEST_MYSQL_URL === undefined,
    provide: { soak: false },
    execArgv: ['--conditions=spillway:source'],
    pool: 'forks',
    // What a test logs shows why it failed. That of the others would hide it.
    silent: 'passed-only',
    testTimeout: 60_000,
    // A second is little on a busy machine.
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
  },
  // The packages are tested from their source. Conditions such as `import` must stay out: the runner gives them to Node,
  // and then they reach what CommonJS requires, too.
  ssr: { resolve: { conditions, externalConditions: conditions } },
})
