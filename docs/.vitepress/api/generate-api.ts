// Writes the changelog, and the API reference of all packages from their types and docstrings, unless their sources are
// those of the last time.
// The configuration of the site runs it as a process of its own, whose memory is free again when the pages are built.
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application, type ProjectReflection, ReflectionKind, type TypeDocOptions } from 'typedoc'
import type { PluginOptions } from 'typedoc-plugin-markdown'
import { plainPage } from '../plain-pages.ts'
import { type ApiPage, apiPages, root } from './api-pages.ts'
import { changelogPage } from './changelog.ts'

/** Where the pages are written. Git ignores it. */
const folder = join(root, 'docs', 'reference', 'api')
/** What the pages were made from. */
const stamp = join(folder, '.made-from')

writeFileSync(join(root, 'docs', 'reference', 'changelog.md'), changelogPage(root))
await generateApi()

async function generateApi(): Promise<void> {
  const sources = hashOfSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return
  console.log('The API reference is written (this takes about half a minute) ...')
  const app = await Application.bootstrapWithPlugins(optionsOf(apiPages))
  const project = await app.convert()
  if (project === undefined) throw new Error('the API reference cannot be made: the sources have errors')
  renameModules(project, apiPages)
  await app.generateOutputs(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new Error('the API reference has the faults that typedoc names above')
  }
  writeFileSync(join(folder, 'index.md'), indexPage(apiPages))
  writeFileSync(stamp, sources)
}

function optionsOf(pages: readonly ApiPage[]): Partial<TypeDocOptions> & Partial<PluginOptions> {
  return {
    entryPoints: pages.map(({ source }) => source),
    tsconfig: join(import.meta.dirname, 'tsconfig.json'),
    plugin: ['typedoc-plugin-markdown'],
    out: folder,
    router: 'module',
    entryFileName: 'index.md',
    readme: 'none',
    // The checks of types are those of `npm run types`.
    skipErrorChecking: true,
    excludeInternal: true,
    excludeExternals: true,
    excludePrivate: true,
    disableSources: true,
    groupOrder: ['Functions', 'Classes', 'Variables', 'Interfaces', 'Type Aliases'],
    validation: { notExported: false, invalidLink: true, rewrittenLink: true },
    // The anchors of VitePress are not those that typedoc links to.
    useHTMLAnchors: true,
    anchorPrefix: 'api-',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    sanitizeComments: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'list',
    typeAliasPropertiesFormat: 'table',
    pageTitleTemplates: {
      index: () => 'API reference',
      module: ({ name }) => pages.find(({ path }) => path === name)?.entry ?? name,
      member: ({ name }) => name,
    },
  }
}

/** The list of all entries: typedoc's has their names alone, and not those that an app imports. */
function indexPage(pages: readonly ApiPage[]): string {
  const lines = pages.map(({ entry, path }) => {
    const { summary } = plainPage(readFileSync(join(folder, `${path}.md`), 'utf8'), `${path}.md`)
    return `- [\`${entry}\`](${path}.md): ${summary}`
  })
  return `# API reference\n\nWhat an app can import from each package, with types and docstrings.\n\n${lines.join('\n')}\n`
}

/** Names a module by its page: typedoc names it by its file. */
function renameModules(project: ProjectReflection, pages: readonly ApiPage[]): void {
  const modules = project.getChildrenByKind(ReflectionKind.Module)
  for (const module of modules) module.name = module.name.replace(/\/src(?:\/index)?(?=\/|$)/, '')
  const found = new Set(modules.map(({ name }) => name))
  const missing = pages.filter(({ path }) => !found.has(path))
  if (missing.length > 0)
    throw new Error(`no API reference of ${missing.map(({ entry }) => entry).join(', ')}`)
}

function hashOfSources(): string {
  const files = globSync(['packages/*/src/**/*.ts', 'packages/*/package.json', 'docs/.vitepress/api/*'], {
    cwd: root,
  })
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    if (!/\.(?:test|test-d|bench)\.ts$/.test(file)) hash.update(file).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}
