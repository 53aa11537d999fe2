import { renderMermaidSVG } from 'beautiful-mermaid'
import type { MarkdownRenderer } from 'vitepress'

/**
 * Draws each block of Mermaid code as SVG inside the page: it is readable without JavaScript, follows light and dark, and
 * a page loads nothing for it. `accTitle` and `accDescr` of the diagram become its title and its description for screen
 * readers. A diagram without them fails the build.
 */
export function diagrams(markdown: MarkdownRenderer): void {
  const fence = markdown.renderer.rules.fence
  markdown.renderer.rules.fence = (tokens, place, options, env, self) => {
    const token = tokens[place]
    if (token?.info.trim() === 'mermaid') return drawDiagram(token.content, `diagram-${place}`)
    return fence?.(tokens, place, options, env, self) ?? ''
  }
}

/**
 * The HTML of a diagram.
 *
 * @param code in Mermaid's language: a flowchart, a state, sequence, class or entity relationship diagram, a chart
 * @param id unique on the page
 * @throws if the diagram has no `accTitle` or no `accDescr`, or is not in Mermaid's language
 */
export function drawDiagram(code: string, id: string): string {
  const title = textOf('accTitle', code)
  const description = textOf('accDescr', code)
  const svg = renderMermaidSVG(code.replace(/^\s*acc(?:Title|Descr):.*\n/gm, ''), {
    bg: 'var(--vp-c-bg)',
    fg: 'var(--vp-c-text-1)',
    transparent: true,
  })
  const width = /\swidth="([\d.]+)"/.exec(svg)?.[1] ?? '0'
  const labelled = svg
    // The site has the styles, in `theme/styles/diagrams.css`; those in the SVG load a font from another site.
    .replace(/<style>.*?<\/style>\s*/s, '')
    .replace(/\sstyle="--bg:[^"]*"/, ` role="img" aria-labelledby="${id}-title ${id}-description"`)
    .replace(
      />/,
      `><title id="${id}-title">${escapeHtml(title)}</title><desc id="${id}-description">${escapeHtml(description)}</desc>`,
    )
    // Two diagrams on a page have arrowheads of their own.
    .replace(/\bid="arrowhead/g, `id="${id}-arrowhead`)
    .replace(/url\(#arrowhead/g, `url(#${id}-arrowhead`)
  // A phone shows a wide diagram at a size that can be read, and scrolls it: so it must take the focus of the keyboard.
  return `<figure class="diagram" style="--width: ${width}px" tabindex="0" v-pre>\n${labelled}\n</figure>\n`
}

function textOf(name: 'accTitle' | 'accDescr', code: string): string {
  const text = new RegExp(`^\\s*${name}:\\s*(.+?)\\s*$`, 'm').exec(code)?.[1]
  if (text === undefined) throw new Error(`A diagram has no ${name}:\n${code}`)
  return text
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
}
