import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type BundleChoices, bundleOptions } from '../packages/cli/src/esbuild.ts'
import { loadApp } from '../packages/local/src/index.ts'
import { root } from './workspace.ts'

const run = promisify(execFile)
let outside: string
/**
 * `npm run test:soak` bundles all functions with all choices. `templates.test.ts` bundles those of orders as ES
 * modules without the SDK, and the local runtime bundles the SDK, so `npm test` makes some in the other format.
 */
const soak = inject('soak')

beforeAll(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'spillway-bundles-')))
})
afterAll(() => rm(outside, { recursive: true, force: true }))

/** The variables that Lambda and the templates set. */
const environment = {
  AWS_REGION: 'eu-west-1',
  QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/000000000000/orders',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/000000000000/orders-dlq',
  PARKED_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/000000000000/readings-parked',
  STREAM_NAME: 'readings',
  DATABASE_URL: 'postgres://user:secret@127.0.0.1:1/none',
}

/** Runs a script with Node outside of the workspace, without the workspace's conditions. */
async function node(folder: string, code: string, ...flags: string[]) {
  const file = join(folder, 'run.mjs')
  await writeFile(file, code)
  return await run(process.execPath, [...flags, file], { cwd: folder, env: environment })
}

const examples = ['orders', 'orders/synchronous', 'ledger', 'telemetry']

/** The entries of functions of the examples, by the name of their bundle. */
async function entriesOf(
  some: readonly string[],
  names?: readonly string[],
): Promise<Record<string, string>> {
  const entries: Record<string, string> = {}
  for (const example of some) {
    const { app, folder } = await loadApp(join(root, 'examples', example))
    for (const { name, entry } of app.functions) {
      if (names !== undefined && !names.includes(name)) continue
      entries[`${example.replace('/', '-')}-${name}`] = join(folder, entry)
    }
  }
  return entries
}

/** Creates a folder with the modules that Lambda's runtime provides. */
async function emptyFolder(name: string, sdk: BundleChoices['sdk']): Promise<string> {
  const folder = join(outside, name)
  const modules = join(folder, 'node_modules', '@aws-sdk')
  await mkdir(modules, { recursive: true })
  if (sdk === 'bundled') return folder
  for (const example of examples) {
    const clients = join(root, 'examples', example.split('/')[0] ?? '', 'node_modules', '@aws-sdk')
    for (const client of await readdir(clients)) {
      // Several examples have the same client.
      await symlink(await realpath(join(clients, client)), join(modules, client)).catch(ignoreExisting)
    }
  }
  return folder
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

const choices: readonly Required<BundleChoices>[] = [
  { format: 'esm', sdk: 'external' },
  { format: 'esm', sdk: 'bundled' },
  { format: 'cjs', sdk: 'external' },
  { format: 'cjs', sdk: 'bundled' },
]

const withoutSdk = ({ sdk }: BundleChoices) => sdk === 'external'

describe.each(soak ? choices : choices.filter(withoutSdk))(
  'bundleOptions($format, SDK $sdk)',
  ({ format, sdk }) => {
    if (soak || format === 'cjs') {
      it('makes bundles of the examples that load in Node outside of the workspace', async () => {
        const entryPoints = soak
          ? await entriesOf(examples)
          : await entriesOf(['orders', 'telemetry'], ['ingest', 'write'])
        const outdir = await emptyFolder(`${format}-${sdk}`, sdk)
        const { warnings } = await build({
          ...bundleOptions({ format, sdk }),
          conditions: ['spillway:source', 'module'],
          entryPoints,
          outdir,
          logLevel: 'silent',
        })
        expect(warnings).toStrictEqual([])
        const names = Object.keys(entryPoints)
        const extension = format === 'esm' ? 'mjs' : 'cjs'
        expect((await readdir(outdir)).filter((file) => file.endsWith(extension)).sort()).toStrictEqual(
          names.map((name) => `${name}.${extension}`).sort(),
        )
        const { stdout } = await node(
          outdir,
          `for (const name of ${JSON.stringify(names)}) {
         const module = await import(\`./\${name}.${extension}\`)
         console.log(name, typeof (module.handler ?? module.default.handler))
       }
       process.exit(0)`,
        )
        expect(stdout.trim().split('\n')).toStrictEqual(names.map((name) => `${name} function`))
      })
    }

    it('shows the source line of an error that a handler throws', async () => {
      const folder = await emptyFolder(`thrown-${format}-${sdk}`, sdk)
      const source = join(folder, 'source')
      await mkdir(source)
      await writeFile(
        join(source, 'handler.ts'),
        `type Event = { readonly id: string }
// Packages and apps declare such names themselves.
const require = 7
class Refused extends Error { override name = this.constructor.name }

export const handler = async (event: Event): Promise<number> => {
  throw new Refused(event.id + require)
}
`,
      )
      await build({
        ...bundleOptions({ format, sdk }),
        minify: true,
        entryPoints: [join(source, 'handler.ts')],
        outdir: folder,
      })
      const { stdout } = await node(
        folder,
        `const module = await import('./handler.${format === 'esm' ? 'mjs' : 'cjs'}')
       const { handler } = module.default ?? module
       await handler({ id: 'a' }).catch((error) => console.log(error.stack))`,
        '--enable-source-maps',
      )
      expect(stdout).toContain('Refused: a7\n')
      expect(stdout).toContain(`${join(source, 'handler.ts')}:7:9`)
    })
  },
)

if (!soak) {
  it('has the same effect as the command of the docs', async () => {
    const page = await readFile(join(root, 'docs', 'bundling.md'), 'utf8')
    const [, command = ''] = /```sh\nnpx (esbuild ingest\.ts write\.ts [\s\S]*?)```/.exec(page) ?? []
    const outdir = await emptyFolder('command', 'external')
    const script = command.trim().replaceAll(/\\\n/g, ' ').replace('--outdir=dist', `--outdir=${outdir}`)
    const bin = join(root, 'node_modules', '.bin')
    await run('sh', ['-c', `${bin}/${script} --conditions=spillway:source --log-level=error`], {
      cwd: join(root, 'examples', 'orders'),
    })
    const { stdout } = await node(
      outdir,
      `for (const name of ['ingest', 'write']) console.log(typeof (await import(\`./\${name}.mjs\`)).handler)
       process.exit(0)`,
    )
    expect(stdout).toBe('function\nfunction\n')
  })

  it('has the same banner as the docs', async () => {
    const page = await readFile(join(root, 'docs', 'bundling.md'), 'utf8')
    const banner = bundleOptions().banner?.js ?? ''
    expect(page.split(banner)).toHaveLength(3)
  })

  it.each([
    [{ format: 'iife' }, "bundleOptions: the option `format` must be one of 'esm', 'cjs'."],
    [{ sdk: true }, "bundleOptions: the option `sdk` must be one of 'external', 'bundled'."],
    [{ formats: 'esm' }, 'bundleOptions has no option `formats`. Its options are format, sdk.'],
  ])('rejects %j', (options, message) => {
    expect(() => bundleOptions(options as BundleChoices)).toThrow(message)
  })
}
