import { build } from 'esbuild'
import { bundleOptions } from 'spillway/esbuild'

await build({
  ...bundleOptions({ format: 'esm', sdk: 'external' }),
  entryPoints: ['ingest.ts', 'write.ts'],
  outdir: 'dist',
  minify: true,
})
