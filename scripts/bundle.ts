// Bundles the functions of an example as its `template.yaml` deploys them: `npm run bundle -- orders`.
import { cp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { loadApp } from '../packages/local/src/index.ts'
import { root } from './workspace.ts'

/** Bundles each function of an example, and the one of its migrations, into a folder of its own below `.build`. */
export async function bundleExample(name: string, outdir = join(root, 'examples', name, '.build')) {
  const { app, folder } = await loadApp(join(root, 'examples', name))
  const entries = app.functions.map((fn) => [`${fn.name}/index`, join(folder, fn.entry)])
  await rm(outdir, { recursive: true, force: true })
  await build({
    entryPoints: { ...Object.fromEntries(entries), 'migrate/index': join(folder, 'migrate.ts') },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    conditions: ['spillway:source', 'module'],
    mainFields: ['module', 'main'],
    // Lambda's runtime has the SDK.
    external: ['@aws-sdk/*', 'pg-native'],
    // CommonJS modules of dependencies call it.
    banner: {
      js: `import { createRequire as spillwayCreateRequire } from 'node:module'; const require = spillwayCreateRequire(import.meta.url);`,
    },
    minify: true,
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
  })
  await cp(join(folder, 'migrations'), join(outdir, 'migrate', 'migrations'), { recursive: true })
  return outdir
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const name = basename(process.argv[2] ?? '')
  console.log(`bundled into ${await bundleExample(name)}`)
}
