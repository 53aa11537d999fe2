import type { Plugin } from 'vitepress'

/** What VitePress 1.6 has, and what stands in its place. */
const changes: readonly (readonly [string, string])[] = [
  [`(isLink.value ? undefined : 'button')`, `(collapsible.value && !isLink.value ? 'button' : undefined)`],
  [`:tabindex="item.items && 0"`, `:tabindex="collapsible ? 0 : undefined"`],
]

/**
 * Makes the title of a group in the menu plain text where the group does not fold. VitePress makes it a button that does
 * nothing, and the keyboard stops at each.
 */
export function plainGroups(): Plugin {
  return {
    name: 'plain-groups',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/VPSidebarItem.vue')) return undefined
      return changes.reduce((text, [from, to]) => {
        if (!text.includes(from)) throw new Error(`plain-groups: VitePress has no '${from}' any more`)
        return text.replace(from, to)
      }, code)
    },
  }
}
