import { isBuiltin } from 'node:module'
import type { Plugin } from 'vitepress'

const prefix = '\0built-in:'

/**
 * Gives the browser a module without functions in place of each module of Node. The functions of `@spillway/planner` that
 * the site uses call none of them, but what they import names some.
 */
export function emptyBuiltIns(): Plugin {
  return {
    name: 'empty-built-ins',
    enforce: 'pre',
    resolveId(id, _importer, { ssr }) {
      return ssr !== true && id.startsWith('node:') && isBuiltin(id) ? prefix + id : undefined
    },
    async load(id) {
      if (!id.startsWith(prefix)) return undefined
      const names = Object.keys(await import(id.slice(prefix.length)))
      const declared = names.filter((name) => /^[a-z]\w*$/i.test(name) && name !== 'default')
      return `export default {}\n${declared.map((name) => `export const ${name} = undefined`).join('\n')}`
    },
  }
}
