import { posix } from 'node:path'
import { type Manifest, manifestIn } from './workspace.ts'

/**
 * The address of the repository, without `.git`: the field `repository` of the package.json of the workspace, the only
 * place that has it. `undefined` while it is unknown.
 */
export function repositoryAddress(manifest: Manifest = manifestIn()): string | undefined {
  const { repository } = manifest
  const url =
    typeof repository === 'object' && repository !== null ? (repository as Manifest).url : repository
  if (url === undefined) return undefined
  const address = /^(?:git\+)?(https:\/\/[^/\s]+\/[^\s#?]+?)(?:\.git)?\/?$/.exec(String(url))?.[1]
  if (address === undefined)
    throw new Error(`package.json: repository is not an https address: ${String(url)}`)
  return address
}

/** The manifest of a package with the fields that follow from the address. */
export function publishedManifest(manifest: Manifest, folder: string, address: string | undefined): Manifest {
  if (address === undefined) return manifest
  return {
    ...manifest,
    repository: { type: 'git', url: `git+${address}.git`, directory: `packages/${folder}` },
    homepage: `${address}/tree/HEAD/packages/${folder}#readme`,
    bugs: `${address}/issues`,
  }
}

/** Code, which is kept, or a link or image with its target. */
const codeOrLink = /(```[\s\S]*?```|`[^`\n]*`)|!?\[((?:[^[\]`]|`[^`\n]*`)*)\]\(([^()\s]+)\)/g

/**
 * The README of a package for a registry, where relative links would be broken. They become absolute, or plain text
 * without an address.
 */
export function publishedReadme(text: string, folder: string, address: string | undefined): string {
  return text.replace(
    codeOrLink,
    (all: string, code: string | undefined, label: string | undefined, target: string | undefined) => {
      if (code !== undefined || target === undefined || /^(?:[a-z]+:|#)/i.test(target)) return all
      if (address === undefined) return label ?? ''
      const [path = '', anchor] = target.split('#')
      const place = posix.join('packages', folder, path)
      return `${all.slice(0, -target.length - 1)}${address}/blob/HEAD/${place}${anchor === undefined ? '' : `#${anchor}`})`
    },
  )
}
