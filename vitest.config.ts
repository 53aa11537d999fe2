import { defineConfig } from 'vitest/config'

const conditions = ['spillway:source', 'node']

export default defineConfig({
  // The packages are tested from their source. Conditions such as `import` must stay out: the runner gives them to Node,
  // and then they reach what CommonJS requires, too.
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    typecheck: {
      enabled: true,
      checker: 'tsc',
      tsconfig: 'tsconfig.json',
      include: ['packages/*/src/**/*.test-d.ts', 'examples/**/*.test-d.ts'],
    },
    execArgv: ['--conditions=spillway:source'],
    // The end-to-end tests start real processes and a real Postgres; two cores carry two of them.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
