// Bundles the functions of an example as its `template.yaml` deploys them: `npm run bundle -- orders`.
import { cp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { bundleOptions } from '../packages/local/src/esbuild.ts'
import { loadApp } from '../packages/local/src/index.ts'
import { root } from './workspace.ts'

/** Bundles each function of an example, and its migrations function, each into a folder below `.build`. */
export async function bundleExample(name: string, outdir = join(root, 'examples', name, '.build')) {
  const { app, folder } = await loadApp(join(root, 'examples', name))
  const entries = app.functions.map((fn) => [`${fn.name}/index`, join(folder, fn.entry)])
  await rm(outdir, { recursive: true, force: true })
  await build({
    ...bundleOptions(),
    conditions: ['spillway:source', 'module'],
    entryPoints: { ...Object.fromEntries(entries), 'migrate/index': join(folder, 'migrate.ts') },
    outdir,
    minify: true,
  })
  await cp(join(folder, 'migrations'), join(outdir, 'migrate', 'migrations'), { recursive: true })
  return outdir
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const name = basename(process.argv[2] ?? '')
  console.log(`bundled into ${await bundleExample(name)}`)
}
