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
import { outsideLinks } from './markdown/outside-links.ts'
import { tabs } from './markdown/tabs.ts'
import { sections } from './pages.ts'
import { plainPage, writePlainPages } from './plain-pages.ts'

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
    plugins: [emptyBuiltIns()],
    resolve: { conditions: ['spillway:source'] },
  },
  markdown: {
    // The usual ones have comments and keywords that are too pale to read on the background of code.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(markdown) {
      cornerCells(markdown)
      outsideLinks(repository)(markdown)
      codeTitles(repository)(markdown)
      diagrams(markdown)
      tabs(markdown)
    },
  },
  ...(site !== undefined && { sitemap: { hostname: site } }),
  // What search engines and link previews show: the first sentence of a page.
  transformPageData(page, { siteConfig }) {
    if (page.description !== '') return
    return { description: plainPage(readFileSync(join(siteConfig.srcDir, page.filePath), 'utf8')).summary }
  },
  transformHead: ({ page, title, description }) => headOf({ file: page, title, description }, site),
  buildEnd: ({ pages, srcDir, outDir }) => writePlainPages(pages, srcDir, outDir, site),
  themeConfig: {
    logo: { src: '/logo.svg', alt: '' },
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          options: { tokenize: searchTerms },
          searchOptions: { boostDocument: importanceOf },
        },
      },
    },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Concepts', link: '/concepts/why-buffer' },
      { text: 'Guides', link: '/ingest' },
      { text: 'Reference', link: '/reference/configuration' },
      { text: 'The numbers', link: '/spike' },
    ],
    sidebar: {
      // A menu of its own: it is long, and a group that folds is a button around a button, which screen readers cannot use.
      '/reference/api/': [
        { text: 'API reference', link: '/reference/api/', items: api },
        { text: 'Back to the guides', link: '/ingest' },
      ],
      '/': [
        ...sections.map(({ text, items }) => ({ text, items: [...items] })),
        { text: 'API reference', link: '/reference/api/' },
        { text: 'Changelog', link: '/reference/changelog' },
      ],
    },
    ...(repository !== undefined && {
      editLink: { pattern: `${repository}/edit/main/docs/:path` },
      socialLinks: [{ icon: 'github', link: repository }],
    }),
  },
})

/**
 * The terms of a text: its words, and names with `_`, `.` or `-` as a whole, so that an error code finds its row first.
 * It runs in the browser from its own text: it may use nothing from outside.
 */
function searchTerms(text: string): string[] {
  const words = text.split(/[\n\r\p{Z}\p{P}]+/u)
  return [...words, ...(text.match(/\w+(?:[-._]\w+)+/g) ?? [])]
}

/**
 * How much a page counts in a search: the API reference has each name many times, and would hide the page that explains
 * it. It runs in the browser from its own text, too.
 */
function importanceOf(id: string): number {
  return id.includes('/reference/api/') ? 0.1 : 1
}
