import { readFileSync } from 'node:fs'

/** Where the project is on the web, from the `package.json` of the workspace. It may have no address yet. */
export interface Addresses {
  /** Of the site, without a slash at the end: the field `homepage`. */
  readonly site?: string
  /** Of the repository, without a slash at the end: the field `repository`. */
  readonly repository?: string
}

/** The addresses in a manifest. */
export function addressesIn(manifest: {
  readonly homepage?: string
  readonly repository?: string
}): Addresses {
  const site = manifest.homepage?.replace(/\/$/, '')
  const repository = manifest.repository?.replace(/^git\+|\.git$/g, '').replace(/\/$/, '')
  return { ...(site !== undefined && { site }), ...(repository !== undefined && { repository }) }
}

/** Those of this workspace. */
export const addresses: Addresses = addressesIn(
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')),
)
