import { posix } from 'node:path'
import type { Addresses } from './addresses.ts'

/**
 * Makes the links of Markdown absolute: those to pages lead to the Markdown of the page, those to other files to the
 * repository. Where its address is not known, only their text stays. Without the address of the site links begin with `/`.
 *
 * @param text without blocks of code
 * @param file that it is a part of, from `docs`
 */
export function absoluteLinks(text: string, file: string, { site = '', repository }: Addresses): string {
  // Code within a line is matched first, so that what looks like a link in it stays.
  return text.replace(
    /`[^`\n]*`|\[((?:`[^`\n]*`|[^[\]`])*)\]\(([^)\s]+)\)/g,
    (whole, words: string | undefined, target: string | undefined) => {
      if (words === undefined || target === undefined || /^[a-z]+:/.test(target)) return whole
      const path = target.replace(/#.*$/, '')
      const hash = target.slice(path.length)
      const page = path === '' ? file : pageOf(path, file)
      if (!page.startsWith('../')) return `[${words}](${site}/${page}${hash})`
      const outside = posix.join('docs', page)
      return repository === undefined ? words : `[${words}](${repository}/tree/main/${outside}${hash})`
    },
  )
}

/** What a path in a page leads to, from `docs`. A path from the root of the site has no ending: `/start`. */
function pageOf(path: string, file: string): string {
  if (!path.startsWith('/')) return posix.join(posix.dirname(file), path)
  const name = path.slice(1).replace(/(?<=^|\/)$/, 'index')
  return posix.extname(name) === '' ? `${name}.md` : name
}
