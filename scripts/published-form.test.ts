import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { publishedManifest, publishedReadme, repositoryAddress } from './published-form.ts'
import { manifestIn, packageNames, root } from './workspace.ts'

const address = 'https://example.com/owner/spillway'

describe('the address', () => {
  it.each([
    ['https://example.com/owner/spillway'],
    ['git+https://example.com/owner/spillway.git'],
    [{ type: 'git', url: 'git+https://example.com/owner/spillway.git' }],
  ])('is read from the repository %j', (repository) => {
    expect(repositoryAddress({ name: 'x', repository })).toBe(address)
  })

  it('is undefined without a repository', () => {
    expect(repositoryAddress({ name: 'x' })).toBeUndefined()
  })

  it.each(['owner/spillway', 'git@example.com:owner/spillway.git', 'http://example.com/a/b'])(
    'cannot be %s',
    (url) => {
      expect(() => repositoryAddress({ name: 'x', repository: url })).toThrow('is not an https address')
    },
  )

  it('is in no manifest of a package until the package is packed', () => {
    for (const folder of packageNames) {
      const manifest = manifestIn('packages', folder)
      expect(Object.keys(manifest), folder).not.toEqual(expect.arrayContaining(['repository']))
      expect(publishedManifest(manifest, folder, undefined)).toBe(manifest)
      expect(publishedManifest(manifest, folder, address)).toStrictEqual({
        ...manifest,
        repository: {
          type: 'git',
          url: 'git+https://example.com/owner/spillway.git',
          directory: `packages/${folder}`,
        },
        homepage: `${address}/tree/HEAD/packages/${folder}#readme`,
        bugs: `${address}/issues`,
      })
    }
  })
})

describe('a README', () => {
  const text = [
    'See [Spillway](../../README.md), [`batch`](../batch) and [parking](../../docs/batch.md#parking).',
    '![diagram](./flow.svg) [zod](https://zod.dev) [below](#below) <!-- a -->',
    '`handlers[0](event)` and',
    '```ts',
    'await handlers[0](event)',
    '```',
  ].join('\n')

  it('has absolute links when the address is known', () => {
    const code = text.split('\n').slice(2)
    expect(publishedReadme(text, 'sqs', address).split('\n')).toStrictEqual([
      `See [Spillway](${address}/blob/HEAD/README.md), [\`batch\`](${address}/blob/HEAD/packages/batch) and [parking](${address}/blob/HEAD/docs/batch.md#parking).`,
      `![diagram](${address}/blob/HEAD/packages/sqs/flow.svg) [zod](https://zod.dev) [below](#below) <!-- a -->`,
      ...code,
    ])
  })

  it('has text instead of links to files until then', () => {
    expect(publishedReadme(text, 'sqs', undefined).split('\n').slice(0, 2)).toStrictEqual([
      'See Spillway, `batch` and parking.',
      'diagram [zod](https://zod.dev) [below](#below) <!-- a -->',
    ])
  })

  it.each(packageNames)('of packages/%s has no broken link', (folder) => {
    const readme = readFileSync(join(root, 'packages', folder, 'README.md'), 'utf8')
    for (const at of [undefined, address]) {
      const published = publishedReadme(readme, folder, at).replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '')
      expect([...published.matchAll(/\]\((?!https:|#)[^)]*\)/g)].map(([link]) => link)).toStrictEqual([])
    }
  })
})

describe('a manifest', () => {
  it.each(packageNames)('of packages/%s has a description and the versions of Node', (folder) => {
    const { description, keywords, engines, files } = manifestIn('packages', folder)
    expect(description).toEqual(expect.stringMatching(/^.{20,140}$/))
    expect(keywords).toEqual(expect.arrayContaining(['spillway', 'aws', 'lambda']))
    expect(engines).toStrictEqual({ node: expect.stringMatching(/^>=22(\.1[89])?$/) })
    expect(files).toStrictEqual(['dist', 'README.md', 'CHANGELOG.md', 'LICENSE'])
  })
})

describe('options that only tests use', () => {
  /** The local runtime is itself used in tests, and authors of transports pass clocks to transport. */
  const folders = packageNames.filter((folder) => folder !== 'local' && folder !== 'transport')

  it.each(folders)('are not in the declarations of packages/%s', (folder) => {
    const at = (...path: string[]) => readFileSync(join(root, 'packages', folder, ...path), 'utf8')
    const files = globSync('src/**/*.ts', { cwd: join(root, 'packages', folder) }).filter(
      (file) => !/\.(test|test-d|bench)\.ts$|\/testing\//.test(file),
    )
    const entries = Object.values<unknown>(
      manifestIn('packages', folder).exports as Readonly<Record<string, object>>,
    )
      .map((entry) => Object(entry)['spillway:source'])
      .filter((file) => file !== undefined)
      .map((file) => at(String(file)))
    const exported = new Set(entries.flatMap((text) => text.match(/\b\w+Options\b/g) ?? []))
    const declared = files.flatMap((file) => [
      ...at(file).matchAll(/^export interface (\w+Options)\b[^{]*\{\n([\s\S]*?)^\}/gm),
    ])
    const options = declared.filter(([, name = '']) => exported.has(name))
    const visible = options.flatMap(([, name, body = '']) =>
      [...body.matchAll(/((?:^ {2}(?:\/\*\*| \*).*\n)*)^ {2}readonly (clock|random)\?:/gm)]
        .filter(([, comment = '']) => !comment.includes('@internal'))
        .map(([, , option]) => `${name}.${option}`),
    )
    expect(visible).toStrictEqual([])
    if (options.some(([, , body = '']) => body.includes('@internal'))) {
      expect(JSON.parse(at('tsconfig.build.json')).compilerOptions).toMatchObject({ stripInternal: true })
    }
  })
})
