import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { inProcess } from './testing/in-process.ts'
import { runCli } from './testing/run-cli.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
afterEach(() => void vi.unstubAllEnvs())

it('ends its process with the exit code of the command, and its output', async () => {
  const usage = await runCli([]).ended
  expect(usage).toStrictEqual(await inProcess([]))
  expect(usage.code).toBe(2)
})

it.each([
  [[], 'spillway: name a command.'],
  [['devv'], "spillway: there is no command 'devv'. Did you mean 'dev'?"],
  [['spike', '--rat', '5'], 'spillway: unknown option --rat. Did you mean --rate?'],
  [['spike', '--rate', 'fast'], "spillway: --rate must be a number from 1 to 20000, not 'fast'."],
  [['spike', '--seconds', '0'], "spillway: --seconds must be a number from 1 to 3600, not '0'."],
  [
    ['spike', '--max-connections', '2.5'],
    "spillway: --max-connections must be a whole number from 1 to 10000, not '2.5'.",
  ],
  [
    ['spike', '--environments', 'many'],
    "spillway: --environments must be a whole number from 1 to 1000, not 'many'.",
  ],
  [['dev', 'a', 'b'], 'spillway: expected one folder, but got 2.'],
])('says what is wrong with %o, and how it is used', async (args, message) => {
  const { code, stdout, stderr } = await inProcess(args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  const command = ['dev', 'spike'].find((name) => name === args[0]) ?? '<command>'
  expect(stderr).toContain(`${message}\n\nUsage: spillway ${command} [folder`)
})

it.each(['http', ' ', '0x10', '70000', '-1'])('says what PORT must be instead of %j', async (port) => {
  vi.stubEnv('PORT', port)
  const { code, stderr } = await inProcess(['dev'])
  expect(code).toBe(2)
  expect(stderr).toContain(`spillway: PORT must be a whole number from 0 to 65534, not '${port}'.`)
})

it('says that a config exports no app', async () => {
  const config = join(folder, 'none.config.ts')
  await writeFile(config, 'export default { queues: 1, functions: 2 }')
  const { code, stderr } = await inProcess(['dev', config])
  expect(code).toBe(1)
  expect(stderr).toBe(`spillway: ${config} must \`export default defineApp({ … })\`.\n`)
})

it('says that a folder has no app', async () => {
  const { code, stderr } = await inProcess(['dev', folder])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^spillway: There is no spillway\.config\.ts in /)
})

it('names every problem of an app, without a stack', async () => {
  const config = join(folder, 'broken.config.ts')
  const spillway = join(import.meta.dirname, 'index.ts')
  await writeFile(
    config,
    `import { defineApp } from ${JSON.stringify(spillway)}
     export default defineApp({ name: 'x', functions: { write: { entry: './w.ts', queue: 'q', batchSize: 11, connections: 1 } },
       database: { engine: 'postgres', maxConnections: 20 } })`,
  )
  const { code, stderr } = await inProcess(['dev', config])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^spillway: The app 'x' cannot work:\n {2}E2: .+\n {2}E9: .+\n$/)
})
