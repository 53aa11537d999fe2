/**
 * The settings of esbuild with which a function loads on Lambda, as the local runtime bundles it.
 *
 * @module
 */
import { checkOptions, type OptionRules, oneOf } from '@spillway/message/internal'

/** What {@link bundleOptions} takes. */
export interface BundleChoices {
  /** Default `'esm'`: the files end in `.mjs`. Those of `'cjs'` end in `.cjs`. */
  readonly format?: 'esm' | 'cjs'
  /**
   * - `'external'`: `@aws-sdk/*` is left out, because Lambda's runtime has it.
   * - `'bundled'`: it is part of the bundle, in the version that you test with.
   *
   * Default `'external'`.
   */
  readonly sdk?: 'external' | 'bundled'
}

/** What {@link bundleOptions} gives: options of esbuild's `build`. */
export interface BundleOptions {
  bundle: true
  platform: 'node'
  target: string
  format: 'esm' | 'cjs'
  mainFields: string[]
  external: string[]
  keepNames: true
  sourcemap: true
  sourcesContent: false
  outExtension: Record<string, string>
  banner?: Record<string, string>
}

const rules: OptionRules<BundleChoices> = {
  format: oneOf('esm', 'cjs'),
  sdk: oneOf('external', 'bundled'),
}

/**
 * What a module of CommonJS expects and an ES module does not have: `pg` and parts of the AWS SDK require the modules of
 * Node. Globals rather than constants, so that a module may still declare names of its own.
 */
const banner =
  "import{createRequire as spillwayRequire}from'node:module';globalThis.require=spillwayRequire(import.meta.url);globalThis.__filename=import.meta.filename;globalThis.__dirname=import.meta.dirname;"

/**
 * The options of esbuild for a function on Lambda. Add `entryPoints` and `outdir`, and `minify` if you like.
 *
 * @example
 * ```ts
 * import { build } from 'esbuild'
 * import { bundleOptions } from 'spillway/esbuild'
 *
 * await build({ ...bundleOptions(), entryPoints: ['ingest.ts', 'write.ts'], outdir: 'dist' })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or not one of its choices.
 */
export function bundleOptions(choices: BundleChoices = {}): BundleOptions {
  checkOptions('bundleOptions', choices, rules)
  const { format = 'esm', sdk = 'external' } = choices
  return {
    bundle: true,
    platform: 'node',
    target: 'node22',
    format,
    // Packages that have ES modules beside CommonJS get smaller.
    mainFields: ['module', 'main'],
    external: sdk === 'external' ? ['@aws-sdk/*'] : [],
    // What an error is called stands in logs.
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    outExtension: { '.js': format === 'esm' ? '.mjs' : '.cjs' },
    ...(format === 'esm' && { banner: { js: banner } }),
  }
}
