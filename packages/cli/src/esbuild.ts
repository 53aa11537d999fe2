/**
 * The settings of esbuild with which a function loads on Lambda, as `spillway dev` bundles it.
 *
 * @module
 */
export { type BundleChoices, type BundleOptions, bundleOptions } from '@spillway/local/esbuild'
