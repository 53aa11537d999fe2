import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A change that no release has yet: a changeset. */
export interface PendingChange {
  readonly packages: readonly string[]
  readonly text: string
}

/** The changelogs of all packages on one page, with what the next release brings. */
export function changelogPage(root: string): string {
  const pending = globSync('.changeset/*.md', { cwd: root })
    .filter((file) => basename(file) !== 'README.md')
    .sort()
    .flatMap((file) => readChangeset(readFileSync(join(root, file), 'utf8')) ?? [])
  const logs = globSync('packages/*/CHANGELOG.md', { cwd: root })
    .sort()
    .map((file) => readFileSync(join(root, file), 'utf8'))
  return toChangelog(pending, logs)
}

/** A changeset; `undefined` for one that no user notices. */
export function readChangeset(text: string): PendingChange | undefined {
  const [, head = '', body = ''] = /^---\n([\s\S]*?)---\n([\s\S]*)$/.exec(text) ?? []
  const packages = [...head.matchAll(/^['"]?([^'":]+)['"]?: (?!none)\w+$/gm)].map(([, name = '']) => name)
  return packages.length === 0 || body.trim() === '' ? undefined : { packages, text: body.trim() }
}

/** The page: what is pending, then the changelog of each package, its headings one level lower. */
export function toChangelog(pending: readonly PendingChange[], logs: readonly string[]): string {
  const next = pending.map(
    ({ packages, text }) => `- ${packages.map((name) => `\`${name}\``).join(', ')}: ${indent(text)}`,
  )
  return [
    '# Changelog',
    'What each release of a package changes.',
    ...(next.length === 0 ? [] : ['## Next release', next.join('\n')]),
    ...logs.map((log) => log.trim().replaceAll(/^(#+) /gm, '#$1 ')),
    '',
  ].join('\n\n')
}

function indent(text: string): string {
  return text.replaceAll(/\n(?=.)/g, '\n  ')
}
