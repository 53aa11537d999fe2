import type { DefaultTheme } from 'vitepress'
import { rowsAsSections } from './markdown/row-anchors.ts'

/** The search of the site: its index is built with the site, and no other site is asked. */
export const search: DefaultTheme.Config['search'] = {
  provider: 'local',
  options: {
    _render(source, env, markdown) {
      const html = markdown.render(source, env)
      return env.frontmatter?.search === false ? '' : rowsAsSections(html)
    },
    miniSearch: {
      options: { tokenize: searchTerms },
      searchOptions: { tokenize: queryTerms, boostDocument: importanceOf },
    },
  },
}

/**
 * The terms of a text: its words, names with `_`, `.` or `-` as a whole, so that an error code finds its row first, and
 * the words in a name, so that "batching window" finds `batchingWindow`.
 * It runs in the browser from its own text: it may use nothing from outside.
 */
function searchTerms(text: string): string[] {
  const words = text.split(/[\n\r\p{Z}\p{P}]+/u)
  const names = text.match(/\w+(?:[-._]\w+)+/g) ?? []
  const parts = words
    .filter((word) => /[a-z][A-Z]/.test(word))
    .flatMap((word) => word.split(/(?<=[a-z])(?=[A-Z])/))
  return [...words, ...names, ...parts]
}

/** The terms of what a reader enters: a name is itself, rather than its words. It runs in the browser, too. */
function queryTerms(text: string): string[] {
  return [...text.split(/[\n\r\p{Z}\p{P}]+/u), ...(text.match(/\w+(?:[-._]\w+)+/g) ?? [])]
}

/**
 * How much a page counts in a search: pages that explain come before those that have a name many times, such as the API
 * reference. It runs in the browser from its own text, too.
 */
function importanceOf(id: string): number {
  if (/^\/reference\/(?:api|changelog)/.test(id)) return 0.1
  if (/^\/reference\/options-/.test(id)) return 0.3
  if (/^\/(?:benchmarks|glossary)/.test(id)) return 0.5
  if (/^\/(?:from\/|comparison|errors|guides\/other-deploy-tools)/.test(id)) return 0.7
  return id.startsWith('/concepts/') ? 1.3 : 1
}
