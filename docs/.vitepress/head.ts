import type { HeadConfig } from 'vitepress'

/** What a page says of itself. */
export interface PageHead {
  readonly title: string
  readonly description: string
  /** The file of the page, from `docs`. */
  readonly file: string
}

/**
 * The tags of a page for social cards and search engines.
 *
 * @param site its address without a slash at the end. Without it the tags that need an address are left out
 */
export function headOf({ title, description, file }: PageHead, site: string | undefined): HeadConfig[] {
  const tags: HeadConfig[] = [
    property('og:type', 'website'),
    property('og:site_name', 'Spillway'),
    property('og:title', title),
    property('og:description', description),
  ]
  if (file === '404.md') return []
  tags.push(['link', { rel: 'alternate', type: 'text/markdown', href: `/${file}` }])
  if (site === undefined) return tags
  const address = `${site}/${file.replace(/(?:^|(?<=\/))index\.md$|\.md$/, '')}`
  return [
    ...tags,
    property('og:url', address),
    property('og:image', `${site}/card.png`),
    ['meta', { name: 'twitter:card', content: 'summary_large_image' }],
    ['link', { rel: 'canonical', href: address }],
  ]
}

function property(name: string, content: string): HeadConfig {
  return ['meta', { property: name, content }]
}
