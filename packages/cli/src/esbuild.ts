/**
 * The esbuild options for bundles that load on Lambda, as `spillway dev` uses them.
 *
 * @module
 */
export { type BundleChoices, type BundleOptions, bundleOptions } from '@spillway/local/esbuild'
