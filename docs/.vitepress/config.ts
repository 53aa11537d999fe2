import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'
import { outsideLinks } from './outside-links.ts'
import { sections } from './pages.ts'

const root = new URL('../../', import.meta.url)
const manifest: { readonly repository?: string } = JSON.parse(
  readFileSync(new URL('package.json', root), 'utf8'),
)
/** The address of the repository; there may be none yet. */
const repository = manifest.repository?.replace(/^git\+|\.git$/g, '').replace(/\/$/, '')

export default defineConfig({
  title: 'Spillway',
  description:
    'Middy middlewares for AWS Lambda that take floods of HTTP writes, put them in SQS or Kinesis, and write them to a relational database in batches.',
  lang: 'en',
  cleanUrls: true,
  srcExclude: ['snippets/**'],
  vite: { server: { host: '127.0.0.1' }, preview: { host: '127.0.0.1' } },
  markdown: { config: outsideLinks(repository) },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Accept', link: '/ingest' },
      { text: 'Write', link: '/batch' },
      { text: 'Budget', link: '/budget' },
      { text: 'Benchmarks', link: '/benchmarks' },
    ],
    sidebar: sections.map(({ text, items }) => ({ text, items: [...items] })),
    ...(repository !== undefined && {
      editLink: { pattern: `${repository}/edit/main/docs/:path` },
      socialLinks: [{ icon: 'github', link: repository }],
    }),
  },
})
