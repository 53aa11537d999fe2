// Bundles a minimal ingest function as it would be deployed and holds its size against a limit: cold starts and users
// of the packages pay for every kilobyte. `--inputs` lists what the bundles are made of.
import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { root } from './workspace.ts'

/** Bytes in a KB, as in the limits. */
const kilobyte = 1000

/**
 * `goal` is where a bundle should get, `limit` what it must not grow past: lower it with every kilobyte that is saved.
 * zod and middy alone take 89 KB of the first goal and 17 KB of the second.
 */
const bundles = [
  { name: 'ingest with zod', entry: 'bundle-zod.ts', limit: 147, goal: 100 },
  { name: 'ingest with zod/mini', entry: 'bundle-zod-mini.ts', limit: 75, goal: 30 },
]

interface Bundle {
  readonly bytes: number
  /** Bytes of the bundle by the package or file that they come from, the largest first. */
  readonly parts: readonly (readonly [source: string, bytes: number])[]
}

async function bundle(entry: string): Promise<Bundle> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'packages', 'ingest', 'src', 'testing', entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    conditions: ['spillway:source'],
    // Lambda's runtime has the SDK.
    external: ['@aws-sdk/*'],
    metafile: true,
    write: false,
    outfile: 'bundle.js',
  })
  const output = Object.values(metafile.outputs)[0]
  if (output === undefined) throw new Error(`${entry} gave no bundle.`)
  return { bytes: output.bytes, parts: partsOf(output) }
}

function partsOf({ inputs }: Metafile['outputs'][string]): Bundle['parts'] {
  const sizes = new Map<string, number>()
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const source = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path
    sizes.set(source, (sizes.get(source) ?? 0) + bytesInOutput)
  }
  return [...sizes].sort(([, a], [, b]) => b - a)
}

const kilobytes = (bytes: number) => (bytes / kilobyte).toFixed(1).padStart(7)

console.log('Minified ESM bundles, @aws-sdk/* left out. 1 KB = 1,000 bytes.\n')
console.log('bundle                      KB   limit    goal')
let failed = false
for (const { name, entry, limit, goal } of bundles) {
  const { bytes, parts } = await bundle(entry)
  const over = bytes > limit * kilobyte
  failed ||= over
  console.log(
    `${name.padEnd(22)} ${kilobytes(bytes)} ${kilobytes(limit * kilobyte)} ${kilobytes(goal * kilobyte)}${over ? '  above the limit' : ''}`,
  )
  if (!over && !process.argv.includes('--inputs')) continue
  for (const [source, size] of parts.slice(0, process.argv.includes('--inputs') ? parts.length : 20))
    console.log(`    ${kilobytes(size)} KB  ${source}`)
}
if (failed) process.exitCode = 1
