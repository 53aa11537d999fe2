import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import { addresses } from './addresses.ts'
import { apiPages, writeApiPages } from './api/api-pages.ts'
import { emptyBuiltIns } from './empty-built-ins.ts'
import { headOf } from './head.ts'
import { codeTitles } from './markdown/code-titles.ts'
import { cornerCells } from './markdown/corner-cells.ts'
import { diagrams } from './markdown/diagrams.ts'
import { headingLabels } from './markdown/heading-labels.ts'
import { narrowTables } from './markdown/narrow-tables.ts'
import { outsideLinks } from './markdown/outside-links.ts'
import { rowAnchors } from './markdown/row-anchors.ts'
import { tabs } from './markdown/tabs.ts'
import { generated, navigation, neighboursOf, sidebars } from './menus.ts'
import { plainGroups } from './plain-groups.ts'
import { plainPage, writePlainPages } from './plain-pages.ts'
import { search } from './search.ts'

const { site, repository } = addresses

writeApiPages()
const api = apiPages.map(({ entry, path }) => ({ text: entry, link: `/reference/api/${path}` }))

export default defineConfig({
  title: 'Spillway',
  description:
    'Middy middlewares for AWS Lambda that take floods of HTTP writes, put them in SQS or Kinesis, and write them to a relational database in batches.',
  lang: 'en',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/logo.svg' }]],
  cleanUrls: true,
  srcExclude: ['snippets/**'],
  vite: {
    server: { host: '127.0.0.1' },
    preview: { host: '127.0.0.1' },
    // The calculator is built from the source of the planner.
    plugins: [emptyBuiltIns(), plainGroups()],
    resolve: { conditions: ['spillway:source'] },
  },
  markdown: {
    // The usual ones have comments and keywords that are too pale to read on the background of code.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(markdown) {
      cornerCells(markdown)
      narrowTables(markdown)
      rowAnchors(markdown)
      outsideLinks(repository)(markdown)
      headingLabels(markdown)
      codeTitles(repository)(markdown)
      diagrams(markdown)
      tabs(markdown)
    },
  },
  ...(site !== undefined && { sitemap: { hostname: site } }),
  transformPageData(page, { siteConfig }) {
    const source = readFileSync(join(siteConfig.srcDir, page.filePath), 'utf8')
    // A page without an outline has its room for the text.
    const aside = /^##/m.test(source) ? {} : { aside: false }
    const link = `/${page.filePath.replace(/(?:(?<=^|\/)index)?\.md$/, '')}`
    return {
      // What search engines and link previews show: the first sentence of a page.
      description: page.description === '' ? plainPage(source, page.filePath).summary : page.description,
      frontmatter: { ...aside, ...neighboursOf(link), ...page.frontmatter },
    }
  },
  transformHead: ({ page, title, description }) => headOf({ file: page, title, description }, site),
  buildEnd({ pages: files, srcDir: docs, outDir: out }) {
    writePlainPages({ files, docs, out, addresses, generated: [...generated, ...api] })
  },
  themeConfig: {
    logo: { src: '/logo.svg', alt: '' },
    search,
    outline: [2, 3],
    nav: navigation,
    sidebar: sidebars(api),
    ...(repository !== undefined && {
      editLink: { pattern: `${repository}/edit/main/docs/:path` },
      socialLinks: [{ icon: 'github', link: repository }],
    }),
  },
})
