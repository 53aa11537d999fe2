// Bundles the functions of an example as its `template.yaml` deploys them: `npm run bundle -- orders`.
import { cp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { bundleOptions } from '../packages/local/src/esbuild.ts'
import { loadApp } from '../packages/local/src/index.ts'
import { root } from './workspace.ts'

/**
 * Bundles the functions of examples, and their migrations functions, each into a folder below `<example>/.build`. It is
 * one build, because esbuild parses a module only once per build.
 *
 * @param outdir the folder of the examples' folders
 */
export async function bundleExamples(
  names: readonly string[],
  outdir = join(root, 'examples'),
): Promise<void> {
  const entryPoints: Record<string, string> = {}
  for (const name of names) {
    const { app, folder } = await loadApp(join(root, 'examples', name))
    for (const fn of app.functions) entryPoints[`${name}/.build/${fn.name}/index`] = join(folder, fn.entry)
    entryPoints[`${name}/.build/migrate/index`] = join(folder, 'migrate.ts')
    await rm(join(outdir, name, '.build'), { recursive: true, force: true })
  }
  await build({
    ...bundleOptions(),
    conditions: ['spillway:source', 'module'],
    entryPoints,
    outdir,
    minify: true,
  })
  for (const name of names) {
    const migrations = join(outdir, name, '.build', 'migrate', 'migrations')
    await cp(join(root, 'examples', name, 'migrations'), migrations, { recursive: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const name = basename(process.argv[2] ?? '')
  await bundleExamples([name])
  console.log(`bundled into ${join(root, 'examples', name, '.build')}`)
}
