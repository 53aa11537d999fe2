/** Texts that a script writes into a page, by name. */
export type Blocks = Readonly<Record<string, string>>

/**
 * Replaces the generated parts of a page. A part is between `<!-- generated: NAME -->` and `<!-- end of generated -->`.
 *
 * @throws Error for a name that is not among the blocks
 */
export function fillBlocks(page: string, blocks: Blocks): string {
  return page.replace(
    /(<!-- generated: ([\w-]+) -->\n)[\s\S]*?(<!-- end of generated -->)/g,
    (_, begin: string, name: string, end: string) => {
      const text = blocks[name]
      if (text === undefined) throw new Error(`there is no generated block '${name}'`)
      return `${begin}\n${text.trim()}\n\n${end}`
    },
  )
}

/** The names of the generated parts of a page. */
export function namesOf(page: string): readonly string[] {
  return [...page.matchAll(/<!-- generated: ([\w-]+) -->/g)].map(([, name = '']) => name)
}

/** A table of Markdown. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')
}

/** A text as inline code. */
export function code(text: string | number | boolean): string {
  return `\`${text}\``
}
