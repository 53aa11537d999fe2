// Bundles minimal functions as they would be deployed and checks Spillway's part of them against a limit, because every
// kilobyte slows down cold starts. The schema library and middy are the user's choice and are only printed. `--inputs`
// lists the contents of the bundles.
import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { root } from './workspace.ts'

/** Bytes in a KB, as in the limits. */
const kilobyte = 1000

/** A function to bundle. */
interface Entry {
  readonly name: string
  readonly file: string
  /** The limit for Spillway's part in KB. Lower it when the bundle gets smaller. */
  readonly limit?: number
}

const ingest = 'packages/ingest/src/testing'
const ingestLimit = 51.5

const entries: readonly Entry[] = [
  { name: 'ingest with zod', file: `${ingest}/bundle-zod.ts`, limit: ingestLimit },
  { name: 'ingest with zod/mini', file: `${ingest}/bundle-zod-mini.ts`, limit: ingestLimit },
  { name: 'worker with zod/mini', file: 'packages/batch/src/testing/bundle-zod-mini.ts' },
]

interface Bundle {
  readonly bytes: number
  /** The bytes of the bundle by owner. `others` includes the handler itself and the code that esbuild adds. */
  readonly shares: Readonly<Record<'ours' | 'zod' | 'middy' | 'others', number>>
  /** Bytes of the bundle by package or file, the largest first. */
  readonly parts: readonly (readonly [source: string, bytes: number])[]
}

async function bundle(entry: string): Promise<Bundle> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    conditions: ['spillway:source'],
    // Lambda's runtime includes the SDK.
    external: ['@aws-sdk/*'],
    metafile: true,
    write: false,
    outfile: 'bundle.js',
  })
  const output = Object.values(metafile.outputs)[0]
  if (output === undefined) throw new Error(`esbuild made no bundle of ${entry}.`)
  const parts = partsOf(output)
  const sum = (belongs: RegExp) =>
    parts.reduce((bytes, [source, size]) => bytes + (belongs.test(source) ? size : 0), 0)
  const ours = sum(/^packages\/(?!\w+\/src\/testing\/)/)
  const zod = sum(/^zod$/)
  const middy = sum(/^@middy\//)
  return {
    bytes: output.bytes,
    shares: { ours, zod, middy, others: output.bytes - ours - zod - middy },
    parts,
  }
}

function partsOf({ inputs }: Metafile['outputs'][string]): Bundle['parts'] {
  const sizes = new Map<string, number>()
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const source = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path
    sizes.set(source, (sizes.get(source) ?? 0) + bytesInOutput)
  }
  return [...sizes].sort(([, a], [, b]) => b - a)
}

const kilobytes = (bytes: number) => `${(bytes / kilobyte).toFixed(1).padStart(6)} KB`

console.log('Minified ESM bundles, @aws-sdk/* left out. 1 KB = 1,000 bytes.')
let failed = false
for (const { name, file, limit = Number.POSITIVE_INFINITY } of entries) {
  const { bytes, shares, parts } = await bundle(file)
  const over = shares.ours > limit * kilobyte
  failed ||= over
  console.log(`\n${name.padEnd(22)} ${kilobytes(bytes)}`)
  for (const [share, size] of Object.entries(shares)) {
    const held =
      share === 'ours' && Number.isFinite(limit)
        ? `, at most ${limit} KB${over ? ': above the limit' : ''}`
        : ''
    console.log(`  ${share.padEnd(20)} ${kilobytes(size)}${held}`)
  }
  if (!over && !process.argv.includes('--inputs')) continue
  for (const [source, size] of parts.slice(0, process.argv.includes('--inputs') ? parts.length : 20))
    console.log(`    ${kilobytes(size)}  ${source}`)
}
if (failed) process.exitCode = 1
