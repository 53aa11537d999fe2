/**
 * The esbuild settings for a function on Lambda. The local runtime bundles with the same settings.
 *
 * @module
 */
import { checkOptions, type OptionRules, oneOf } from '@spillway/message/internal'

/** What {@link bundleOptions} takes. */
export interface BundleChoices {
  /** Default `'esm'`. The files end in `.mjs`, or in `.cjs` for `'cjs'`. */
  readonly format?: 'esm' | 'cjs'
  /**
   * - `'external'`: `@aws-sdk/*` is not bundled, because Lambda's runtime includes it.
   * - `'bundled'`: `@aws-sdk/*` is bundled in the version that you test with.
   *
   * Default `'external'`.
   */
  readonly sdk?: 'external' | 'bundled'
}

/** The result of {@link bundleOptions}: options of esbuild's `build`. */
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
 * Defines `require`, `__filename` and `__dirname`, which bundled CommonJS modules use (`pg`, parts of the AWS SDK) and
 * ES modules lack. They are globals rather than constants, so that a module can declare the same names.
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
    // ES modules make a smaller bundle than CommonJS.
    mainFields: ['module', 'main'],
    external: sdk === 'external' ? ['@aws-sdk/*'] : [],
    // Logs show the names of error classes.
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    outExtension: { '.js': format === 'esm' ? '.mjs' : '.cjs' },
    ...(format === 'esm' && { banner: { js: banner } }),
  }
}
