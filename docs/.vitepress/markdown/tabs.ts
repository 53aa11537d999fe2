import type { MarkdownRenderer } from 'vitepress'

type BlockState = Parameters<Parameters<MarkdownRenderer['block']['ruler']['push']>[1]>[0]

/** The choices that a reader makes once, for all pages: what the group is called, and its tabs in the order they have. */
export const tabGroups: Readonly<
  Record<string, { readonly title: string; readonly tabs: readonly string[] }>
> = {
  buffer: { title: 'Buffer', tabs: ['SQS', 'FIFO', 'Kinesis'] },
  database: { title: 'Database', tabs: ['Postgres', 'MySQL'] },
  packages: { title: 'Package manager', tabs: ['npm', 'pnpm', 'yarn'] },
  deploy: { title: 'Deployed with', tabs: ['SAM', 'CDK', 'Terraform', 'Serverless'] },
}

/**
 * Tabs of Markdown, which work by CSS alone; with JavaScript, `rememberTabs` of the theme keeps the choice and makes it on
 * the whole page. More colons than three where a container stands inside.
 *
 * ```md
 * ::: tabs database
 * == Postgres
 * Text, lists, code.
 * == MySQL
 * The same for MySQL.
 * :::
 * ```
 *
 * @throws on rendering, if the group or a tab is not among `tabGroups`
 */
export function tabs(markdown: MarkdownRenderer): void {
  markdown.block.ruler.before('fence', 'tabs', render, { alt: ['paragraph', 'list'] })
}

function render(state: BlockState, start: number, end: number, silent: boolean): boolean {
  const [, colons, name = ''] = /^(:{3,}) tabs (\w+)\s*$/.exec(lineOf(state, start)) ?? []
  if (colons === undefined) return false
  if (silent) return true
  const { panels, close } = readPanels(state, start + 1, end, colons)
  const bar = tabBar(name, `tabs-${start}`, panels)
  emit(state, `<div class="tabs" data-tabs="${name}">\n${bar}`, [start, close])
  for (const { label, first, last } of panels) {
    emit(state, `<div class="tab-panel" data-tab="${label}">\n`, [first, last])
    state.md.block.tokenize(state, first, last)
    emit(state, '</div>\n', [last, last])
  }
  emit(state, '</div>\n', [close, close])
  state.line = close + 1
  return true
}

interface Panel {
  readonly label: string
  /** Its first line and the line after its last. */
  readonly first: number
  readonly last: number
}

function readPanels(state: BlockState, start: number, end: number, colons: string) {
  const starts: { label: string; line: number }[] = []
  let fence: string | undefined
  let line = start
  for (; line < end; line++) {
    const text = lineOf(state, line)
    const [mark] = /^(?:`{3,}|~{3,})/.exec(text) ?? []
    if (fence === undefined) fence = mark
    else if (mark?.startsWith(fence)) fence = undefined
    if (fence !== undefined || mark !== undefined) continue
    if (text.trim() === colons) break
    const [, label] = /^== (.+?)\s*$/.exec(text) ?? []
    if (label !== undefined) starts.push({ label, line })
  }
  if (line === end) throw new Error(`tabs: nothing closes '${lineOf(state, start - 1)}'`)
  const panels = starts.map(
    ({ label, line: at }, n): Panel => ({
      label,
      first: at + 1,
      last: starts[n + 1]?.line ?? line,
    }),
  )
  return { panels, close: line }
}

function tabBar(name: string, id: string, panels: readonly Panel[]): string {
  const group = tabGroups[name]
  if (group === undefined)
    throw new Error(`tabs: there is no group '${name}'. There are: ${Object.keys(tabGroups).join(', ')}.`)
  const unknown = panels.find(({ label }) => !group.tabs.includes(label))
  if (unknown !== undefined || panels.length === 0)
    throw new Error(`tabs: '${name}' has ${group.tabs.join(', ')}, and no '${unknown?.label ?? ''}'.`)
  const inputs = panels.map(
    ({ label }, n) =>
      `<label><input type="radio" name="${id}" value="${label}"${n === 0 ? ' checked' : ''}>${label}</label>`,
  )
  return `<fieldset class="tab-bar"><legend>${group.title}</legend>${inputs.join('')}</fieldset>\n`
}

function emit(state: BlockState, html: string, map: [number, number]): void {
  const token = state.push('html_block', '', 0)
  token.content = html
  token.map = map
}

function lineOf(state: BlockState, line: number): string {
  return state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line])
}
